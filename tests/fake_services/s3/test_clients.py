from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from botocore.client import BaseClient
    from conftest import Fakes

MIB = 1024 * 1024
CREDENTIALS = {"AKIAGOOD": "a/secret+key"}
PARTS = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=3)


@pytest.fixture
def aws(fakes: Fakes, tmp_path: Path) -> Callable[..., str]:
    """Return what runs the AWS command line, signed, and returns what it prints."""
    beside = Path(sys.executable).with_name("aws")
    program = str(beside) if beside.exists() else shutil.which("aws")
    if program is None:
        pytest.skip("the AWS command line is not installed")
    fakes.configure(s3={"credentials": CREDENTIALS})
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "AKIAGOOD",
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["AKIAGOOD"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": fakes.urls["s3"],
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def run(*arguments: str) -> str:
        ended = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
        return ended.stdout

    return run


def test_the_aws_command_line(aws: Callable[..., str], tmp_path: Path, fakes: Fakes) -> None:
    """It copies a folder up in parts, lists it, presigns, and removes all: signed, and let in."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "large.bin").write_bytes(os.urandom(9 * MIB))
    (folder / "sm ä+l.txt").write_text("hello")
    aws("s3", "cp", str(folder), "s3://artifacts/dir", "--recursive", "--no-progress")
    listed = [line.split(maxsplit=2)[2] for line in aws("s3", "ls", "s3://artifacts/dir/").splitlines()]
    assert listed == ["9437184 large.bin", "5 sm ä+l.txt"]
    got = httpx.get(aws("s3", "presign", "s3://artifacts/dir/large.bin").strip())
    assert got.content == (folder / "large.bin").read_bytes()
    aws("s3", "rm", "s3://artifacts/dir", "--recursive", "--quiet")
    assert {(entry["outcome"], entry["verb"]) for entry in fakes.journal()} == {
        ("ok", verb) for verb in ("multipart", "put", "list", "get", "delete")
    }


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_files_go_up_and_come_down(
    starting: Callable[..., AbstractContextManager[Fakes]],
    connect_s3: Callable[..., BaseClient],
    tmp_path: Path,
    tls: bool,  # noqa: FBT001 - the case
) -> None:
    """boto3's transfers of large files, in parts and at once, are whole; no file is left, nor ever seen."""
    authority, spill = tmp_path / "ca.pem", tmp_path / "spill"
    spill.mkdir()
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(11 * MIB + 7))
    options = ("--tls=s3", f"--ca-file={authority}") if tls else ()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(spill))
        with starting("--serve=s3=0", *options) as fakes:
            s3 = connect_s3(fakes.urls["s3"], verify=str(authority) if tls else None)
            for key, config in (("parts", PARTS), ("once", TransferConfig(multipart_threshold=64 * MIB))):
                s3.upload_file(str(source), "artifacts", key, Config=config)
                s3.download_file("artifacts", key, str(target), Config=config)
                assert target.read_bytes() == source.read_bytes()
            assert list(spill.iterdir()) == []
            s3.close()


def test_a_range_spans_blocks(s3: BaseClient) -> None:
    """A range of a large object has its bytes, wherever the object is cut to be stored."""
    body = os.urandom(3 * MIB + 5)
    s3.put_object(Bucket="artifacts", Key="large", Body=body)
    for start, stop in ((0, 1), (MIB - 1, MIB + 1), (5, 3 * MIB), (3 * MIB - 1, len(body)), (MIB, 2 * MIB)):
        got = s3.get_object(Bucket="artifacts", Key="large", Range=f"bytes={start}-{stop - 1}")
        assert got["Body"].read() == body[start:stop]


def test_what_is_read_stays_when_it_is_replaced(s3: BaseClient) -> None:
    """A large object that is replaced while it is read is read to its end as it was."""
    old = b"o" * (24 * MIB)
    s3.put_object(Bucket="artifacts", Key="large", Body=old)
    reading = s3.get_object(Bucket="artifacts", Key="large", ChecksumMode="ENABLED")["Body"]
    first = reading.read(MIB)
    s3.put_object(Bucket="artifacts", Key="large", Body=b"n" * (24 * MIB))
    assert first + reading.read() == old


def test_clients_at_once_do_not_mix(s3: BaseClient, fakes: Fakes) -> None:
    """Sixteen threads that put and get their own objects get their own back, and the ledger has each."""

    def work(number: int) -> bool:
        body = bytes([number]) * (200_000 + number)
        s3.put_object(Bucket="artifacts", Key=f"{number}", Body=body)
        return bool(s3.get_object(Bucket="artifacts", Key=f"{number}")["Body"].read() == body)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(16)))
    assert {(count["route"], count["outcome"]): 0 for count in fakes.counts()} == {
        ("PutObject", "ok"): 0,
        ("GetObject", "ok"): 0,
    }
    assert sum(count["count"] for count in fakes.counts()) == 32


def test_boto3_tries_again_and_the_ledger_has_each_attempt(fakes: Fakes) -> None:
    """One operation of four attempts: what boto3 says it retried is what the ledger counted."""
    client = boto3.client(
        "s3",
        endpoint_url=fakes.urls["s3"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 4, "mode": "standard"}),
    )
    fakes.fault("s3", {"status": 503, "code": "SlowDown"}, match={"route": "PutObject"}, trigger={"first": 2})
    answer = client.put_object(Bucket="artifacts", Key="key", Body=b"hello")
    client.close()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    entries = fakes.journal(route="PutObject")
    assert [(entry["status"], entry["error"], entry["bytes"]) for entry in entries] == [
        (503, "SlowDown", 0),
        (503, "SlowDown", 0),
        (200, None, 5),
    ]
    assert len({entry["operation"] for entry in entries}) == 1


def test_one_part_fails_and_is_sent_again(s3: BaseClient, fakes: Fakes) -> None:
    """A fault on one part costs an attempt at that part, and the object is whole."""
    body = os.urandom(11 * MIB)
    fakes.fault("s3", {"status": 500}, match={"route": "UploadPart"}, trigger={"count": 1})
    s3.upload_fileobj(BytesIO(body), "artifacts", "clip/1", Config=TransferConfig(multipart_chunksize=5 * MIB))
    assert s3.get_object(Bucket="artifacts", Key="clip/1")["Body"].read() == body
    parts = fakes.journal(route="UploadPart")
    assert sorted(entry["status"] for entry in parts) == [200, 200, 200, 500]
    assert len({entry["operation"] for entry in parts}) == 3


def test_completion_may_fail_under_status_200(s3: BaseClient, fakes: Fakes) -> None:
    """An error in a document of status 200 is an error to boto3, which tries again; the upload is still there."""
    about = {"Bucket": "artifacts", "Key": "clip/1"}
    upload = {**about, "UploadId": s3.create_multipart_upload(**about)["UploadId"]}
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]}
    fault: dict[str, Any] = {"midstream_error": "We encountered an internal error. Please try again."}
    fakes.fault("s3", fault, match={"route": "CompleteMultipartUpload"})
    with pytest.raises(ClientError, match="InternalError"):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    assert fakes.told("status", "error", route="CompleteMultipartUpload")[0] == (200, "InternalError")


def test_a_large_answer_is_cut_where_the_fault_says(s3: BaseClient, fakes: Fakes) -> None:
    """A large object keeps its Content-Length when it is cut, so that its client notices."""
    s3.put_object(Bucket="artifacts", Key="large", Body=bytes(3 * MIB))
    fakes.fault("s3", {"truncate": 2 * MIB}, match={"route": "GetObject"})
    message = f"received {2 * MIB} bytes, expected {3 * MIB}"
    with pytest.raises(httpx.RemoteProtocolError, match=message):
        httpx.get(f"{fakes.urls['s3']}/artifacts/large")
