from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import httpx
import pytest
from botocore import UNSIGNED
from botocore.auth import AUTH_TYPE_MAPS, HmacV1Auth, S3SigV4Auth
from botocore.config import Config
from botocore.crt.auth import CrtS3SigV4Auth
from botocore.exceptions import ClientError
from multidict import CIMultiDict, CIMultiDictProxy

from promdrill_fakes.s3.access import Access
from promdrill_fakes.s3.chunked import Decoder
from promdrill_fakes.s3.errors import S3Error
from promdrill_fakes.s3.requests import Target
from promdrill_fakes.s3.signing import Wire

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from conftest import Fakes

KEY = "dir/ä b+c~(1).txt"
GOOD = ("AKIAGOOD", "a/secret+key")
VERSIONS = pytest.mark.parametrize("version", ["s3v4", "s3"])


@pytest.fixture
def guarded(fakes: Fakes) -> Fakes:
    """Return fakes that want to know who calls."""
    fakes.configure(s3={"credentials": dict([GOOD])})
    return fakes


def connect(url: str, key: str = GOOD[0], secret: str = GOOD[1], **config: Any) -> BaseClient:  # noqa: ANN401 - as it comes
    """Return a boto3 client with these credentials, which tries once."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name=config.pop("region_name", "us-east-1"),
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


@pytest.fixture
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every name under localhost resolve to this machine, as browsers and systemd do."""
    resolve = socket.getaddrinfo

    def local(host: str, *rest: Any, **options: Any) -> object:  # noqa: ANN401 - as it came
        return resolve("127.0.0.1" if host.endswith(".localhost") else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", local)


def sign_at(monkeypatch: pytest.MonkeyPatch, offset: timedelta) -> None:
    """Have botocore sign as if its clock were wrong by so much."""
    when = datetime.now(UTC) + offset

    def now(remove_tzinfo: bool = True) -> datetime:  # noqa: FBT001, FBT002 - as botocore's
        return when.replace(tzinfo=None) if remove_tzinfo else when

    monkeypatch.setattr("botocore.auth.get_current_datetime", now)
    monkeypatch.setattr("botocore.crt.auth.get_current_datetime", now)
    monkeypatch.setattr("botocore.auth.time.time", when.timestamp)


def refusal(client: BaseClient) -> tuple[int, str]:
    """Return status and code of the error that a put meets."""
    with pytest.raises(ClientError) as caught:
        client.put_object(Bucket="artifacts", Key=KEY, Body=b"hello")
    client.close()
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def code(answer: httpx.Response) -> tuple[int, str | None]:
    """Return status and error code of an answer."""
    return answer.status_code, "".join(re.findall("<Code>(.*?)</Code>", answer.text)) or None


@pytest.mark.usefixtures("_names")
@pytest.mark.parametrize(
    ("version", "signer"),
    [("s3v4", S3SigV4Auth), ("s3v4", CrtS3SigV4Auth), ("s3", HmacV1Auth)],
    ids=["python", "crt", "v2"],
)
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_what_is_rightly_signed_is_served(
    guarded: Fakes, monkeypatch: pytest.MonkeyPatch, version: str, signer: type, style: str
) -> None:
    """Whoever signs, and wherever the bucket stands: keys and queries of any kind get through."""
    monkeypatch.setitem(AUTH_TYPE_MAPS, version, signer)
    url = guarded.urls["s3"].replace("127.0.0.1", "localhost") if style == "virtual" else guarded.urls["s3"]
    client = connect(url, signature_version=version, s3={"addressing_style": style})
    client.put_object(Bucket="artifacts", Key=KEY, Body=b"hello", Metadata={"a": " two  words "}, ContentType="text/x")
    client.put_object_tagging(Bucket="artifacts", Key=KEY, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    client.copy_object(Bucket="artifacts", Key="copy", CopySource={"Bucket": "artifacts", "Key": KEY})
    got = client.get_object(Bucket="artifacts", Key=KEY, ResponseContentType="text/y")
    listed = client.list_objects_v2(Bucket="artifacts", Prefix="dir/", Delimiter="(")
    client.delete_objects(Bucket="artifacts", Delete={"Objects": [{"Key": KEY}]})
    client.close()
    assert (got["Body"].read(), got["ContentType"]) == (b"hello", "text/y")
    assert [each["Prefix"] for each in listed["CommonPrefixes"]] == ["dir/ä b+c~("]
    assert [(entry["route"], entry["key"], entry["outcome"]) for entry in guarded.journal()] == [
        ("PutObject", KEY, "ok"),
        ("PutObjectTagging", KEY, "ok"),
        ("CopyObject", "copy", "ok"),
        ("GetObject", KEY, "ok"),
        ("ListObjectsV2", None, "ok"),
        ("DeleteObjects", KEY, "ok"),
    ]


@VERSIONS
def test_who_is_not_known_is_refused(guarded: Fakes, version: str) -> None:
    """A wrong secret, an unknown key and no signature at all are refused with S3's codes, and nothing is stored."""
    url = guarded.urls["s3"]
    assert [
        refusal(connect(url, secret="wrong", signature_version=version)),
        refusal(connect(url, key="AKIANOBODY", signature_version=version)),
        refusal(connect(url, signature_version=UNSIGNED)),
    ] == [(403, "SignatureDoesNotMatch"), (403, "InvalidAccessKeyId"), (403, "AccessDenied")]
    assert guarded.told("bytes", "outcome", route="PutObject") == [(0, "error")] * 3


def test_another_region_is_told_the_right_one(guarded: Fakes) -> None:
    """A signature for another region is refused with the name of the right one, and boto3 follows it."""
    client = connect(guarded.urls["s3"], region_name="eu-west-1")
    client.list_objects_v2(Bucket="artifacts")
    client.close()
    assert guarded.told("route", "status", "error") == [
        ("ListObjectsV2", 400, "AuthorizationHeaderMalformed"),
        ("ListObjectsV2", 200, None),
    ]


def test_a_clock_that_is_wrong_is_refused(guarded: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was signed more than 15 minutes ago, or will be, is refused."""
    for minutes in (-16, 16):
        sign_at(monkeypatch, timedelta(minutes=minutes))
        assert refusal(connect(guarded.urls["s3"])) == (403, "RequestTimeTooSkewed")


def test_a_body_that_is_not_the_signed_one_is_refused(guarded: Fakes) -> None:
    """Where the signature is over the SHA-256 of the body, the body has to have it."""

    def tamper(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        request.body = b"HELLO"

    client = connect(guarded.urls["s3"], request_checksum_calculation="when_required")
    client.meta.events.register("before-send.s3.PutObject", tamper)
    assert refusal(client) == (400, "XAmzContentSHA256Mismatch")


@VERSIONS
def test_presigned_urls_are_good_until_they_expire(
    guarded: Fakes, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may use one, for what it was made for, until then."""
    client = connect(guarded.urls["s3"], signature_version=version)
    about = {"Bucket": "artifacts", "Key": KEY}
    put = client.generate_presigned_url("put_object", Params=about, ExpiresIn=60)
    get = client.generate_presigned_url("get_object", Params={**about, "ResponseContentType": "a/b"}, ExpiresIn=60)
    sign_at(monkeypatch, timedelta(seconds=-62))
    expired = client.generate_presigned_url("get_object", Params=about, ExpiresIn=60)
    monkeypatch.undo()
    client.close()
    assert code(httpx.put(put, content=b"hello")) == (200, None)
    got = httpx.get(get)
    assert (got.content, got.headers["Content-Type"]) == (b"hello", "a/b")
    assert [code(httpx.get(expired)), code(httpx.put(get))] == [(403, "AccessDenied"), (403, "SignatureDoesNotMatch")]
    guarded.configure(s3=None)
    assert code(httpx.get(expired)) == (403, "AccessDenied")


@VERSIONS
def test_a_presigned_url_that_was_changed_is_refused(guarded: Fakes, version: str) -> None:
    """A key, a query or a header that was not signed makes it void."""
    client = connect(guarded.urls["s3"], signature_version=version)
    url = client.generate_presigned_url("get_object", Params={"Bucket": "artifacts", "Key": "key"}, ExpiresIn=60)
    client.close()
    changed = [
        httpx.get(url.replace("/key?", "/other?")),
        httpx.get(url + "&response-content-type=text%2Fhtml"),
        httpx.get(url[:-1] + ("0" if url[-1] != "0" else "1")),
        httpx.get(url, headers={"x-amz-meta-a": "b"}),
        httpx.get(url.replace("AKIAGOOD", "AKIANOBODY")),
        httpx.get(url),
    ]
    assert [code(answer)[1] for answer in changed] == [
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
        "AccessDenied" if version == "s3v4" else "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "NoSuchKey",
    ]


# The examples of AWS's own description of signed chunks, with their documented signatures.
EXAMPLE = Access({"AKIAIOSFODNN7EXAMPLE": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, "us-east-1")
THEN = datetime(2013, 5, 24, tzinfo=UTC)
CHUNKS = {
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": (
        {"Content-Length": "66824"},
        (
            "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
            "x-amz-storage-class"
        ),
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        (
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ),
        b"",
    ),
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": (
        {"X-Amz-Trailer": "x-amz-checksum-crc32c"},
        (
            "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;"
            "x-amz-trailer"
        ),
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        (
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ),
        (
            b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
            b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n"
        ),
    ),
}


def example(kind: str) -> tuple[Decoder, bytes]:
    """Return the decoder that an example's headers lead to, and its body."""
    more, signed, seed, (first, second, last), trailers = CHUNKS[kind]
    credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
    headers = {
        "Host": "s3.amazonaws.com",
        "X-Amz-Date": "20130524T000000Z",
        "X-Amz-Storage-Class": "REDUCED_REDUNDANCY",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={signed},Signature={seed}",
        "X-Amz-Content-Sha256": kind,
        "Content-Encoding": "aws-chunked",
        "X-Amz-Decoded-Content-Length": "66560",
        **more,
    }
    wire = Wire("PUT", "/examplebucket/chunkObject.txt", "", CIMultiDictProxy(CIMultiDict(headers)))
    decoder = Decoder(EXAMPLE.admit(Target("examplebucket", "chunkObject.txt", {}, wire), THEN))
    sizes = ((65536, first), (1024, second))
    chunks = [b"%x;chunk-signature=%s\r\n%s\r\n" % (size, said.encode(), b"a" * size) for size, said in sizes]
    return decoder, b"".join(chunks) + b"0;chunk-signature=%s\r\n%s\r\n" % (last.encode(), trailers)


@pytest.mark.parametrize("kind", CHUNKS)
def test_signed_chunks_are_those_of_the_documentation(kind: str) -> None:
    """The documented examples of signed chunks, and of signed trailers, are taken."""
    decoder, body = example(kind)
    assert b"".join(bytes(piece) for piece in decoder.feed(body)) == b"a" * 66560
    decoder.finish()


@pytest.mark.parametrize("kind", CHUNKS)
def test_signed_chunks_that_were_changed_are_refused(kind: str) -> None:
    """One byte of data, or of a trailer, makes the body void."""
    changes = [(b"aaaa\r\n", b"aaab\r\n"), (b"sOO8", b"sOO9")] if "TRAILER" in kind else [(b"aaaa\r\n", b"aaab\r\n")]
    for old, new in changes:
        decoder, body = example(kind)
        with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
            [*decoder.feed(body.replace(old, new, 1)), decoder.finish()]


def test_a_presigned_url_may_last_a_week(guarded: Fakes) -> None:
    """Longer is refused; a number that is none too, and a date that is none."""
    client = connect(guarded.urls["s3"], signature_version="s3v4")
    url = client.generate_presigned_url("get_object", Params={"Bucket": "artifacts", "Key": "key"}, ExpiresIn=604801)
    client.close()
    date = dict(parse_qsl(urlsplit(url).query))["X-Amz-Date"]
    for asked in (url, url.replace("=604801", "=x"), url.replace(date, "today"), url.replace("X-Amz-Expires", "x")):
        assert code(httpx.get(asked)) == (400, "AuthorizationQueryParametersError")
