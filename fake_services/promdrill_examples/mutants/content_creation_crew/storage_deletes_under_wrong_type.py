"""Each delete is counted under another artifact type."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.content_creation_crew.vocabulary import ArtifactType
from promdrill_examples.mutants.mechanisms import change

METRIC = "storage_delete_total"


def apply() -> None:
    """Break it."""
    types = [str(kind) for kind in ArtifactType]
    wrong = dict(zip(types, types[1:] + types[:1], strict=True))
    change(metrics, "STORAGE_DELETES", lambda labels, amount: ((wrong[labels[0]],), amount))
