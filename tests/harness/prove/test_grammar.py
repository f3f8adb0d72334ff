from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promdrill.prove.proof import State, prove
from promdrill.prove.testfile import copy_rules, emit
from promdrill.rules.rulebook import read_rulebook
from tests.harness.prove.conftest import Prover

if TYPE_CHECKING:
    from promdrill.prove.promtool import Promtool

SELECTORS = st.sampled_from(["x", "y_total", 'x{a="b"}', 'y_total{a=~"b|c"}', "x offset 10m"])
NUMBERS = st.sampled_from(["0", "1", "0.5", "-3", "1e6"])
VECTORS = st.recursive(
    st.one_of(
        SELECTORS,
        st.builds("{}({}[{}])".format, st.sampled_from(["rate", "increase", "delta", "changes", "avg_over_time"]),
                  st.sampled_from(["x", "y_total"]), st.sampled_from(["1m", "5m", "1h"])),
    ),
    lambda inner: st.one_of(
        st.builds("{}({})".format, st.sampled_from(["sum", "max", "count", "abs", "sum by (a) ", "ceil"]), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "%", "and", "or", "unless"]), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "*", "/", "> bool"]), NUMBERS),
        st.builds("max_over_time({}[10m:1m])".format, inner),
    ),
    max_leaves=4,
)  # fmt: skip
ALERTS = st.one_of(
    st.builds("{} {} {}".format, VECTORS, st.sampled_from([">", "<", ">=", "<=", "==", "!="]), NUMBERS),
    st.builds("absent({})".format, VECTORS),
    VECTORS,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expr=ALERTS, held=st.sampled_from(["0s", "5m"]))
def test_any_expression(promtool: Promtool, expr: str, held: str) -> None:
    """No expression makes it fall over, and what it calls proved passes plain promtool on the rules as they are."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = Prover(folder, promtool).file({"alert": "A", "expr": expr, "for": held})
        book = read_rulebook([path])
        proof = prove(book.alerts[0], book, promtool, None)
        assert proof.message
        assert proof.state is not State.MISTAKE, proof.message
        tests = emit(proof, folder / "tests", copy_rules(book, folder / "tests"), promtool)
        if proof.state is State.PROVED:
            assert tests.state is State.PROVED, tests.message
