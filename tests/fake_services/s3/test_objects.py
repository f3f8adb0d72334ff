from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from botocore.client import BaseClient
    from conftest import Fakes

KEY = "blog/free/ä b+c%2F.txt"
MIB = 1024 * 1024


def refusal(call: Callable[..., Any], **arguments: object) -> tuple[int, str]:
    """Return status and code of the error that a call meets."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def crc32(data: bytes) -> str:
    """Return the CRC32 as S3 writes it."""
    return b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def test_an_object_comes_back_as_it_was_put(s3: BaseClient) -> None:
    """Body, content type, encoding, metadata and checksum are those of the put."""
    s3.put_object(
        Bucket="artifacts",
        Key=KEY,
        Body=b"hello",
        ContentType="text/plain",
        ContentEncoding="gzip",
        CacheControl="no-store",
        Metadata={"plan": "free"},
    )
    got = s3.get_object(Bucket="artifacts", Key=KEY)
    told = ("ContentType", "ContentEncoding", "CacheControl", "Metadata", "ContentLength", "ChecksumCRC32", "ETag")
    assert got["Body"].read() == b"hello"
    assert {name: got[name] for name in told} == {
        "ContentType": "text/plain",
        "ContentEncoding": "gzip",
        "CacheControl": "no-store",
        "Metadata": {"plan": "free"},
        "ContentLength": 5,
        "ChecksumCRC32": crc32(b"hello"),
        "ETag": f'"{hashlib.md5(b"hello", usedforsecurity=False).hexdigest()}"',
    }


def test_the_etag_of_an_encrypted_object_tells_nothing_of_its_bytes(s3: BaseClient) -> None:
    """Where KMS is to encrypt, the same bytes have another ETag at each put; it still stands for the object."""
    order = {"Bucket": "artifacts", "Key": KEY, "Body": b"hello", "ServerSideEncryption": "aws:kms"}
    first, second = (s3.put_object(**order) for _ in range(2))
    assert (first["ServerSideEncryption"], first["ETag"] == second["ETag"]) == ("aws:kms", False)
    got = s3.get_object(Bucket="artifacts", Key=KEY, IfMatch=second["ETag"])
    assert got["Body"].read() == b"hello"


def test_the_journal_tells_bytes_that_were_really_moved(s3: BaseClient, fakes: Fakes) -> None:
    """Put stores, get sends and delete frees so many bytes; what failed moved none."""
    s3.put_object(Bucket="artifacts", Key=KEY, Body=b"hello")
    s3.get_object(Bucket="artifacts", Key=KEY, Range="bytes=1-3")["Body"].read()
    s3.head_object(Bucket="artifacts", Key=KEY)
    s3.delete_object(Bucket="artifacts", Key=KEY)
    s3.delete_object(Bucket="artifacts", Key=KEY)
    refusal(s3.get_object, Bucket="artifacts", Key=KEY)
    assert fakes.told("route", "verb", "key", "key_prefix", "bytes", "outcome", "error") == [
        ("PutObject", "put", KEY, "blog", 5, "ok", None),
        ("GetObject", "get", KEY, "blog", 3, "ok", None),
        ("HeadObject", "head", KEY, "blog", 0, "ok", None),
        ("DeleteObject", "delete", KEY, "blog", 5, "ok", None),
        ("DeleteObject", "delete", KEY, "blog", 0, "ok", None),
        ("GetObject", "get", KEY, "blog", 0, "error", "NoSuchKey"),
    ]


@pytest.mark.parametrize(
    ("asked", "body", "shown"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ],
)
def test_a_range_is_206(s3: BaseClient, asked: str, body: bytes, shown: str) -> None:
    """A range gives those bytes, and says which they are of how many."""
    s3.put_object(Bucket="artifacts", Key=KEY, Body=b"0123456789")
    got = s3.get_object(Bucket="artifacts", Key=KEY, Range=asked)
    status = got["ResponseMetadata"]["HTTPStatusCode"]
    assert (status, got["Body"].read(), got["ContentRange"]) == (206, body, shown)


def test_conditions_hold(s3: BaseClient) -> None:
    """If-None-Match and If-Match are kept, on put and on get; a range beyond the end is 416."""
    first = s3.put_object(Bucket="artifacts", Key=KEY, Body=b"hello", IfNoneMatch="*")
    about = {"Bucket": "artifacts", "Key": KEY}
    assert [
        refusal(s3.put_object, **about, IfNoneMatch="*"),
        refusal(s3.put_object, **about, IfMatch='"other"'),
        refusal(s3.get_object, **about, IfMatch='"other"'),
        refusal(s3.get_object, **about, IfNoneMatch=first["ETag"]),
        refusal(s3.get_object, **about, Range="bytes=5-"),
    ] == [
        (412, "PreconditionFailed"),
        (412, "PreconditionFailed"),
        (412, "PreconditionFailed"),
        (304, "304"),
        (416, "InvalidRange"),
    ]


def test_errors_are_s3s(s3: BaseClient, fakes: Fakes) -> None:
    """Errors come as documents with code and request id; to HEAD there is no body."""
    about = {"Bucket": "artifacts", "Key": "nope"}
    assert refusal(s3.get_object, **about) == (404, "NoSuchKey")
    assert refusal(s3.head_object, **about) == (404, "404")
    assert refusal(s3.get_object, Bucket="nowhere", Key="x") == (404, "NoSuchBucket")
    assert refusal(s3.get_object_acl, **about) == (501, "NotImplemented")
    answer = httpx.get(f"{fakes.urls['s3']}/artifacts/nope")
    number = answer.headers["x-amz-request-id"]
    assert answer.text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
        "<Message>The specified key does not exist.</Message><Key>nope</Key><Resource>/artifacts/nope</Resource>"
        f"<RequestId>{number}</RequestId><HostId>{answer.headers['x-amz-id-2']}</HostId></Error>"
    )
    assert httpx.head(f"{fakes.urls['s3']}/artifacts/nope").content == b""


def test_a_wrong_checksum_stores_nothing(s3: BaseClient) -> None:
    """A payload that is not what its checksum says is refused."""
    about = {"Bucket": "artifacts", "Key": KEY, "Body": b"hello"}
    assert refusal(s3.put_object, **about, ChecksumCRC32=crc32(b"other")) == (400, "BadDigest")
    assert refusal(s3.put_object, **about, ChecksumSHA256=b64encode(bytes(32)).decode()) == (400, "BadDigest")
    assert refusal(s3.head_object, Bucket="artifacts", Key=KEY) == (404, "404")


def test_copy_keeps_or_replaces_the_metadata(s3: BaseClient) -> None:
    """A copy has the body, and the metadata of the source unless told otherwise."""
    s3.put_object(Bucket="artifacts", Key=KEY, Body=b"hello", Metadata={"a": "1"})
    source = {"Bucket": "artifacts", "Key": KEY}
    s3.copy_object(Bucket="artifacts", Key="kept", CopySource=source)
    s3.copy_object(
        Bucket="artifacts", Key="replaced", CopySource=source, Metadata={"b": "2"}, MetadataDirective="REPLACE"
    )
    got = [s3.get_object(Bucket="artifacts", Key=key) for key in ("kept", "replaced")]
    assert [(one["Body"].read(), one["Metadata"]) for one in got] == [(b"hello", {"a": "1"}), (b"hello", {"b": "2"})]


def test_a_batch_delete_is_journalled_by_key(s3: BaseClient, fakes: Fakes) -> None:
    """One call has one entry for each key, with the bytes that it freed, all of the same times."""
    s3.put_object(Bucket="artifacts", Key="blog/1", Body=b"hello")
    s3.put_object(Bucket="artifacts", Key="clip/2", Body=b"hello you")
    gone = s3.delete_objects(
        Bucket="artifacts", Delete={"Objects": [{"Key": "blog/1"}, {"Key": "clip/2"}, {"Key": "x"}]}
    )
    assert [one["Key"] for one in gone["Deleted"]] == ["blog/1", "clip/2", "x"]
    entries = fakes.journal(route="DeleteObjects")
    assert [(entry["key"], entry["key_prefix"], entry["verb"], entry["bytes"]) for entry in entries] == [
        ("blog/1", "blog", "delete", 5),
        ("clip/2", "clip", "delete", 9),
        ("x", "x", "delete", 0),
    ]
    assert len({(entry["started"], entry["finished"]) for entry in entries}) == 1
    assert {entry["operation"].removesuffix(f":{entry['key']}") for entry in entries} == {
        entries[0]["operation"].removesuffix(":blog/1")
    }


def test_buckets_are_made_and_taken_away(s3: BaseClient, fakes: Fakes) -> None:
    """Configured buckets exist from the start; others come and go, but not while they hold something."""
    fakes.configure(s3={"buckets": ["artifacts", "more"]})
    s3.create_bucket(Bucket="extra")
    s3.head_bucket(Bucket="extra")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["artifacts", "extra", "more"]
    s3.put_object(Bucket="extra", Key="x", Body=b"")
    assert refusal(s3.delete_bucket, Bucket="extra") == (409, "BucketNotEmpty")
    s3.delete_object(Bucket="extra", Key="x")
    s3.delete_bucket(Bucket="extra")
    assert refusal(s3.head_bucket, Bucket="extra") == (404, "404")
    assert refusal(s3.create_bucket, Bucket="Not_good") == (400, "InvalidBucketName")


def test_multipart_makes_one_object_of_its_parts(s3: BaseClient, fakes: Fakes) -> None:
    """What boto3's transfer uploads in parts comes back whole, with S3's ETag, and its bytes are counted once."""
    body = bytes(range(256)) * (11 * MIB // 256)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(BytesIO(body), "artifacts", "clip/1", Config=config, ExtraArgs={"Metadata": {"a": "1"}})
    got = s3.get_object(Bucket="artifacts", Key="clip/1")
    parts = [body[start : start + 5 * MIB] for start in range(0, len(body), 5 * MIB)]
    digest = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()  # noqa: S324 - S3's ETag
    assert (got["Body"].read() == body, got["ETag"], got["Metadata"]) == (True, f'"{digest}-3"', {"a": "1"})
    entries = fakes.journal(verb="multipart")
    assert sorted((entry["route"], entry["bytes"]) for entry in entries) == [
        ("CompleteMultipartUpload", 0),
        ("CreateMultipartUpload", 0),
        ("UploadPart", MIB),
        ("UploadPart", 5 * MIB),
        ("UploadPart", 5 * MIB),
    ]


def test_multipart_refuses_what_does_not_fit(s3: BaseClient) -> None:
    """Unknown uploads, wrong parts, parts out of order and parts too small are refused; an abort forgets all."""
    about = {"Bucket": "artifacts", "Key": "clip/1"}
    upload = {**about, "UploadId": s3.create_multipart_upload(**about)["UploadId"]}
    tags = [s3.upload_part(**upload, PartNumber=number, Body=b"x")["ETag"] for number in (1, 2)]
    one, two = ({"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1))
    assert [part["PartNumber"] for part in s3.list_parts(**upload)["Parts"]] == [1, 2]

    def complete(*parts: dict[str, Any]) -> tuple[int, str]:
        return refusal(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": list(parts)})

    assert [complete(one, two), complete(two, one), complete({**one, "ETag": "x"})] == [
        (400, "EntityTooSmall"),
        (400, "InvalidPartOrder"),
        (400, "InvalidPart"),
    ]
    s3.abort_multipart_upload(**upload)
    assert refusal(s3.list_parts, **upload) == (404, "NoSuchUpload")


def test_https_puts_are_decoded(
    starting: Callable[..., AbstractContextManager[Fakes]], connect_s3: Callable[..., BaseClient], tmp_path: Path
) -> None:
    """Over https boto3 sends aws-chunked with a trailing checksum: the object is the payload alone."""
    authority = tmp_path / "ca.pem"
    with starting("--serve=s3=0", "--tls=s3", f"--ca-file={authority}") as fakes:
        s3 = connect_s3(fakes.urls["s3"], verify=str(authority))
        body = b"x" * (3 * MIB + 7)
        s3.put_object(Bucket="artifacts", Key=KEY, Body=BytesIO(body), ContentEncoding="gzip")
        got = s3.get_object(Bucket="artifacts", Key=KEY)
        told = (got["Body"].read() == body, got["ContentEncoding"], got["ChecksumCRC32"])
        assert told == (True, "gzip", crc32(body))
        assert fakes.told("bytes", route="PutObject") == [(len(body),)]
        s3.close()
