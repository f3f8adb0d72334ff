"""Each try of a put is counted: retries that boto3 makes are puts, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.content_creation_crew.storage import Storage
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill_fakes.clock import Clock

    from promdrill_examples.content_creation_crew.settings import Settings

METRIC = "storage_put_total"


def apply() -> None:
    """Break it."""

    def count_retry(request: Any, **_: object) -> None:  # noqa: ANN401  botocore has no types
        if "attempt=1" not in str(request.headers["amz-sdk-request"]):
            _bucket, artifact_type, *_ = urlsplit(request.url).path.strip("/").split("/")
            metrics.STORAGE_PUTS.labels(artifact_type).inc()

    @instead_of(Storage, "__init__")
    def create(original: Callable[..., None], self: Storage, settings: Settings, clock: Clock) -> None:
        original(self, settings, clock)
        self._s3.meta.events.register("before-send.s3.PutObject", count_retry)
