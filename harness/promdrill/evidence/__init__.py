"""All that was observed in one run: collected while it goes, saved as a folder, read back by the checks."""

from promdrill.evidence.folder import Evidence, PhaseTimes, RunRecord, load_evidence

__all__ = ["Evidence", "PhaseTimes", "RunRecord", "load_evidence"]
