"""The requests that a run is measured by: those of its healthy phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.conventions import CLIENT_LEDGER, DRAIN

if TYPE_CHECKING:
    from promdrill.evidence.folder import Evidence
    from promdrill.evidence.ledger import Row


def measured_rows(evidence: Evidence) -> tuple[Row, ...]:
    """Return the clients' requests that were due in the baseline and that no other phase has touched.

    The drain touches none: where it comes next, a request that was under way counts with all that it took. Left out, a
    stall that lasts until the end would leave no trace.
    """
    offset, baseline = evidence.run.monotonic_offset, evidence.baseline
    *_, drain = evidence.run.phases
    after = evidence.run.phases[evidence.run.phases.index(baseline) + 1]
    end = drain.end if after.name == DRAIN else baseline.end
    return tuple(
        row
        for row in evidence.ledgers.rows(CLIENT_LEDGER)
        if "due" in row and baseline.start <= row["due"] + offset <= baseline.end and row["finished"] + offset <= end
    )
