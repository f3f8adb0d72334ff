"""moto's server, and what compares its answers with ours."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.client import BaseClient
    from conftest import Fakes

    Script = Callable[["Session", str], None]

# What differs from one call to the next, or says who answered.
VOLATILE = {"CreationDate", "Date", "HostId", "ID", "Initiated", "Initiator", "LastModified", "Location", "Owner"}
VOLATILE |= {
    "RequestId",
    "ResponseMetadata",
    "UploadId",
    "UploadIdMarker",
    "NextUploadIdMarker",
    "NextContinuationToken",
}
VOLATILE |= {"ContinuationToken", "DisplayName", "Resource", "VersionId", "Message"}

MOTO = """
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
server._thread.join()
"""
NOT_SAID = "S3 says it, moto does not"
DIFFERENCES = {
    ("put_object", "ChecksumType"): NOT_SAID,
    ("get_object", "ChecksumType"): NOT_SAID,
    ("head_object", "ChecksumType"): NOT_SAID,
    ("get_object", "ChecksumCRC64NVME"): "S3 computes it for an object that came without a checksum",
    ("list_objects", "Contents.ChecksumAlgorithm"): "said in the second version of the list only",
    ("list_objects", "Marker"): NOT_SAID,
    ("list_objects", "Prefix"): NOT_SAID,
    ("list_objects", "NextMarker"): "a hash of the last key, and it is said without a delimiter too",
    ("list_multipart_uploads", "Prefix"): NOT_SAID,
    ("list_parts", "Parts.ChecksumCRC32"): NOT_SAID,
    ("upload_part_copy", "CopyPartResult.ChecksumCRC64NVME"): NOT_SAID,
    ("complete_multipart_upload", "ChecksumCRC32"): NOT_SAID,
    ("complete_multipart_upload", "ChecksumSHA256"): NOT_SAID,
    ("complete_multipart_upload", "ChecksumCRC64NVME"): NOT_SAID,
    ("complete_multipart_upload", "ChecksumType"): NOT_SAID,
    ("complete_multipart_upload", "Error.PartNumber"): NOT_SAID,
    ("put_object_tagging", "Error.TagKey"): NOT_SAID,
    ("put_object_tagging", "Error.TagValue"): NOT_SAID,
}
"""What moto gets wrong in all answers of an operation, by field. What it gets wrong now and then stands at the call."""


@dataclass(frozen=True)
class Seen:
    """One answer. `moto` says what moto gets wrong here, and `right` then is the status and the code that are right."""

    operation: str
    answer: dict[str, Any]
    moto: str | None
    right: tuple[int, str | None] | None


@dataclass
class Session:
    """Makes calls and remembers the answers, without what cannot be the same twice."""

    client: BaseClient
    seen: list[Seen] = field(default_factory=list)

    def __call__(
        self,
        operation: str,
        *,
        moto: str | None = None,
        right: tuple[int, str | None] | None = None,
        **arguments: Any,  # noqa: ANN401 - whatever boto3 takes
    ) -> dict[str, Any]:
        """Make a call and return its answer, or the error's."""
        try:
            answer = getattr(self.client, operation)(**arguments)
        except ClientError as error:
            answer = error.response
        if "Body" in answer:
            body = answer["Body"].read()
            answer["Body"] = (len(body), hashlib.sha256(body).hexdigest())
        fields = {"status": answer["ResponseMetadata"]["HTTPStatusCode"], **flat(answer)}
        self.seen.append(Seen(operation, fields, moto, right))
        return answer


def flat(value: Any, path: str = "") -> dict[str, Any]:  # noqa: ANN401 - any part of an answer
    """Return the leaves of an answer by path, without what differs from one call to the next."""
    if isinstance(value, dict):
        inside = ((f"{path}.{name}" if path else name, each) for name, each in value.items() if name not in VOLATILE)
    elif isinstance(value, list) and value:
        inside = ((f"{path}.{number}", each) for number, each in enumerate(value))
    else:
        return {path: value}
    return {name: leaf for inner, each in inside for name, leaf in flat(each, inner).items()}


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Return the URL of moto's server, a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", MOTO], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def observe(url: str, script: Script) -> list[Seen]:
    """Return what a script sees at a server."""
    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}),
    )
    session = Session(client)
    client.create_bucket(Bucket=script.__name__.replace("_", "-"))
    script(session, script.__name__.replace("_", "-"))
    client.close()
    return session.seen


@pytest.fixture
def unexplained(fakes: Fakes, moto: str) -> Callable[[Script], list[tuple[Any, ...]]]:
    """Return what runs a script at both, and returns the differences that nothing explains."""

    def compare(script: Script) -> list[tuple[Any, ...]]:
        unexplained = []
        for number, (our, their) in enumerate(
            zip(observe(fakes.urls["s3"], script), observe(moto, script), strict=True)
        ):
            names = {name for name in {*our.answer, *their.answer} if our.answer.get(name) != their.answer.get(name)}
            odd = {name for name in names if (our.operation, re.sub(r"\.\d+", "", name)) not in DIFFERENCES}
            if our.moto is None:
                unexplained += [(number, our.operation, n, our.answer.get(n), their.answer.get(n)) for n in sorted(odd)]
            else:
                assert odd, f"{our.operation}: moto does that right now: {our.moto}"
                assert (our.answer["status"], our.answer.get("Error.Code")) == our.right
        return unexplained

    return compare
