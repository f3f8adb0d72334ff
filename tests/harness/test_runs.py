from __future__ import annotations

import pytest

from promdrill.errors import Exit
from promdrill.model import Coverage, LoadSummary, Status, Verdict
from promdrill.runs import Outcome, exit_code

VERDICT = Verdict("shop", Status.INCONCLUSIVE, 1.0, {}, (), (), Coverage(0, 0), LoadSummary(0, 0, 0.0))


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((0, 0), Exit.PASSED),
        ((0, 3), Exit.INCONCLUSIVE),
        ((3, 1, 0), Exit.FAILED),
        ((1, 2, 3), Exit.WRONG_USE),
        ((0, 130), Exit.INCONCLUSIVE),
        ((0, -9), Exit.INCONCLUSIVE),
        ((), Exit.INCONCLUSIVE),
    ],
)
def test_the_worst_decides(codes: tuple[int, ...], expected: Exit) -> None:
    """Wrong use of one is told whatever the others are, a broken promise outweighs not having been able to look."""
    assert exit_code([Outcome(VERDICT, code) for code in codes]) is expected
