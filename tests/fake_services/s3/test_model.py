from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

if TYPE_CHECKING:
    from botocore.client import BaseClient

KEYS = st.sampled_from(["a", "a/b", "a/b/c", "a%2Fb", "ä +", "\U0001f600", "\uff5e", "<&>\r"])
BODIES = st.binary(max_size=20)
BUCKET = "artifacts"
PART = b"p" * (5 * 1024 * 1024)


def tag(*parts: bytes) -> str:
    """Return the ETag of an object put at once, or of two or more parts."""
    digests = [hashlib.md5(part, usedforsecurity=False) for part in parts]
    if len(parts) == 1:
        return f'"{digests[0].hexdigest()}"'
    joined = hashlib.md5(b"".join(each.digest() for each in digests), usedforsecurity=False)
    return f'"{joined.hexdigest()}-{len(parts)}"'


class AgainstADict(RuleBasedStateMachine):
    """Puts, copies, deletes, lists and uploads in any order, on the fake and on a dict."""

    client: BaseClient
    uploads: Bundle[tuple[str, str]] = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, tuple[bytes, str]] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        listed = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        for each in listed:
            self.client.delete_object(Bucket=BUCKET, Key=each["Key"])

    @rule(key=KEYS, body=BODIES, only_new=st.booleans())
    def put(self, key: str, body: bytes, only_new: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        """A put replaces what is there, unless it was told not to."""
        if only_new and key in self.model:
            with pytest.raises(ClientError, match="PreconditionFailed"):
                self.client.put_object(Bucket=BUCKET, Key=key, Body=body, IfNoneMatch="*")
            return
        condition = {"IfNoneMatch": "*"} if only_new else {}
        assert self.client.put_object(Bucket=BUCKET, Key=key, Body=body, **condition)["ETag"] == tag(body)
        self.model[key] = body, tag(body)

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        """A get has the last body that was put."""
        if key not in self.model:
            with pytest.raises(ClientError, match="NoSuchKey"):
                self.client.get_object(Bucket=BUCKET, Key=key)
            return
        got = self.client.get_object(Bucket=BUCKET, Key=key)
        assert (got["Body"].read(), got["ETag"]) == self.model[key]

    @rule(source=KEYS, to=KEYS)
    def copy(self, source: str, to: str) -> None:
        """A copy has the body of its source, and the ETag of one put at once."""
        order = {"Bucket": BUCKET, "Key": to, "CopySource": {"Bucket": BUCKET, "Key": source}}
        if source not in self.model or source == to:
            with pytest.raises(ClientError, match=r"NoSuchKey|InvalidRequest"):
                self.client.copy_object(**order)
            return
        self.client.copy_object(**order)
        body, _ = self.model[source]
        self.model[to] = body, tag(body)

    @rule(keys=st.lists(KEYS, min_size=1, max_size=3))
    def delete(self, keys: list[str]) -> None:
        """A batch delete takes away what is there and does not mind what is not."""
        self.client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
        for key in keys:
            self.model.pop(key, None)

    @rule(target=uploads, key=KEYS)
    def begin(self, key: str) -> tuple[str, str]:
        """An upload begins."""
        number = self.client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        self.parts[number] = {}
        return key, number

    @rule(upload=uploads, number=st.integers(1, 3), body=BODIES | BODIES | st.just(PART))
    def put_part(self, upload: tuple[str, str], number: int, body: bytes) -> None:
        """A part replaces the one of its number."""
        key, upload_id = upload
        self.client.upload_part(Bucket=BUCKET, Key=key, UploadId=upload_id, PartNumber=number, Body=body)
        self.parts[upload_id][number] = body

    @rule(target=uploads, upload=consumes(uploads))
    def complete(self, upload: tuple[str, str]) -> object:
        """The parts make an object, if there are any and none but the last is small."""
        key, upload_id = upload
        parts = [(number, body) for number, body in sorted(self.parts[upload_id].items())]
        asked = [{"PartNumber": number, "ETag": tag(body)} for number, body in parts]
        order = {"Bucket": BUCKET, "Key": key, "UploadId": upload_id, "MultipartUpload": {"Parts": asked}}
        if not parts or any(len(body) < len(PART) for _, body in parts[:-1]):
            with pytest.raises(ClientError, match=r"MalformedXML|EntityTooSmall"):
                self.client.complete_multipart_upload(**order)
            return upload
        bodies = [body for _, body in parts]
        made = tag(*bodies) if len(bodies) > 1 else f'"{hashlib.md5(hashlib.md5(bodies[0]).digest()).hexdigest()}-1"'  # noqa: S324 - S3's ETag
        assert self.client.complete_multipart_upload(**order)["ETag"] == made
        self.model[key] = b"".join(bodies), made
        return multiple()

    @rule(upload=consumes(uploads))
    def abort(self, upload: tuple[str, str]) -> None:
        """An upload that is given up leaves nothing."""
        self.client.abort_multipart_upload(Bucket=BUCKET, Key=upload[0], UploadId=upload[1])
        del self.parts[upload[1]]

    @invariant()
    def the_list_is_the_dict(self) -> None:
        """The list has all keys in the order of UTF-8, with sizes and ETags."""
        listed = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        seen = [(each["Key"], each["Size"], each["ETag"]) for each in listed]
        expected = sorted(self.model.items(), key=lambda item: item[0].encode())
        assert seen == [(key, len(body), etag) for key, (body, etag) in expected]


def test_the_fake_is_a_dict(s3: BaseClient) -> None:
    """Whatever is done in whatever order, the bucket holds what a dict would."""
    AgainstADict.client = s3
    run_state_machine_as_test(
        AgainstADict,
        settings=settings(
            max_examples=15,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
