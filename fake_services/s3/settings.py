"""What can be set of the fake S3."""

from __future__ import annotations

from fake_services.settings import Settings


class S3Settings(Settings):
    """The buckets that exist from the start, and the region that they are in."""

    buckets: tuple[str, ...] = ("artifacts",)
    region: str = "us-east-1"
