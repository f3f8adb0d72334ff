from __future__ import annotations

import promql_parser
import pytest

from promdrill.rules import promql

TEXTS = [
    'topk(3, sum by (a) (rate(x{b="c"}[5m] offset 1m))) > 2 and on (b) -max_over_time((y)[10m:1m]) / z',
    'label_replace(quantile(0.9, x), "a", "$1", "b", "(.*)") + count_values("v", y @ 5)',
    "vector(time()) - (scalar(x) + pi()) unless absent(y)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_nodes(text: str) -> None:
    """The walker meets every node that promql-parser itself does, in the same order."""
    found: list[promql_parser.Expr] = []
    promql_parser.walk(promql_parser.parse(text), found.append)
    assert [str(node) for node in promql.nodes(text)] == [str(node) for node in found]


def test_unreadable() -> None:
    """What promql-parser does not know, or panics at, is one error; as text it has no nodes."""
    for text in ("holt_winters(x[5m], 0.5, 0.5)", "x offset inf"):
        assert list(promql.nodes(text)) == []
        with pytest.raises(promql.UnreadableError):
            promql.parse(text)


@pytest.mark.parametrize(
    ("text", "offsets", "seconds"),
    [
        ("rate(x[5m])", True, 300),
        ("rate(x[5m] offset 1h)", True, 3900),
        ("rate(x[5m] offset 1h)", False, 300),
        ("max_over_time(rate(x[5m])[1h:1m]) > avg_over_time(y[10m])", True, 3900),
        ("x offset -5m", True, 0),
    ],
)
def test_memory(text: str, offsets: bool, seconds: float) -> None:  # noqa: FBT001 - a column of the table
    """An expression looks back over its windows and offsets, one inside the other added up."""
    assert promql.memory(promql.parse(text), offsets=offsets) == seconds


def test_alternatives() -> None:
    """Groups of matchers that are joined with `or` are told apart, each with the metric's name."""
    name = promql.Matcher("__name__", "=", "x")
    assert promql.alternatives('x{a="1" or b!~"2"} + y') == (
        ((name, promql.Matcher("a", "=", "1")), (name, promql.Matcher("b", "!~", "2"))),
        ((promql.Matcher("__name__", "=", "y"),),),
    )
