"""What can be set of the fake S3."""

from __future__ import annotations

from pydantic import Field

from promdrill_fakes.settings import Settings


class S3Settings(Settings):
    """The buckets that exist from the start, the region that they are in, and who may use them.

    `credentials` maps access keys to secrets; with none, no signature is checked.
    """

    buckets: tuple[str, ...] = ("artifacts",)
    region: str = "us-east-1"
    credentials: dict[str, str] = Field(default_factory=dict)
