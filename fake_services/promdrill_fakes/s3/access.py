"""Who may do what: signatures and their dates, in headers and in presigned URLs, refused in S3's own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from promdrill_fakes.s3 import signing
from promdrill_fakes.s3.errors import S3Error
from promdrill_fakes.s3.signing import ALGORITHM, ChunkSignatures, Scope, Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.s3.chunked import Seal
    from promdrill_fakes.s3.requests import Target

_SKEW = timedelta(minutes=15)
_LONGEST = 7 * 24 * 3600
_UNSIGNED = "UNSIGNED-PAYLOAD"
_STAMP = "%Y%m%dT%H%M%SZ"
_V4_QUERY = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders")


@dataclass(frozen=True, slots=True)
class Access:
    """The credentials that are good (with none, all are), and the region that they are good in."""

    credentials: Mapping[str, str]
    region: str

    def admit(self, asked: Target, now: datetime) -> Seal | None:
        """Return if the request may be served, and what checks its chunks, if they are signed; raises `S3Error`.

        A presigned URL that has expired is refused with or without credentials: it says so itself.
        """
        wire, query = asked.wire, asked.query
        authorization = wire.headers.get("Authorization", "")
        if "X-Amz-Signature" in query:
            self._verify_query(wire, query, now)
            return None
        if "Signature" in query and "AWSAccessKeyId" in query:
            self._verify_v2_query(asked, now)
            return None
        if not self.credentials:
            return None
        if authorization.startswith(ALGORITHM):
            return self._verify_header(wire, signing.fields(authorization.removeprefix(ALGORITHM)), now)
        if authorization.startswith("AWS "):
            self._verify_v2_header(asked, authorization.removeprefix("AWS "), now)
            return None
        raise S3Error("AccessDenied")

    def _verify_header(self, wire: Wire, said: Mapping[str, str], now: datetime) -> Seal | None:
        if not {"Credential", "SignedHeaders", "Signature"} <= said.keys():
            raise S3Error("AuthorizationHeaderMalformed")
        stamp = wire.headers.get("X-Amz-Date", "")
        if (signed_at := _parse_stamp(stamp)) is None:
            raise S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
        _near(signed_at, now, stamp)
        payload = wire.headers.get("X-Amz-Content-SHA256")
        if payload is None:
            raise S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        key, scope = self._scope(said["Credential"], stamp, "AuthorizationHeaderMalformed")
        self._check(wire, key, scope, stamp, (said["SignedHeaders"], payload, said["Signature"]))
        if payload.startswith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"):
            return _ChunkSeal(ChunkSignatures(self.credentials[key], scope, stamp, said["Signature"]))
        return None

    def _verify_query(self, wire: Wire, query: Mapping[str, str], now: datetime) -> None:
        malformed = "AuthorizationQueryParametersError"
        if not query.keys() >= set(_V4_QUERY) or query["X-Amz-Algorithm"] != ALGORITHM:
            raise S3Error(malformed)
        stamp, expires = query["X-Amz-Date"], query["X-Amz-Expires"]
        if (signed_at := _parse_stamp(stamp)) is None:
            raise S3Error(malformed, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        if not (expires.isascii() and expires.isdecimal() and len(expires) < 10):  # noqa: PLR2004 - it is a second count
            raise S3Error(malformed, "X-Amz-Expires should be a number")
        if int(expires) > _LONGEST:
            raise S3Error(malformed, "X-Amz-Expires must be less than a week (in seconds); that is, the given "
                          f"X-Amz-Expires must be less than {_LONGEST} seconds")  # fmt: skip
        if signed_at - now > _SKEW:
            raise S3Error("AccessDenied", "Request is not valid yet")
        _check_expiry(signed_at + timedelta(seconds=int(expires)), now, {"X-Amz-Expires": expires})
        if self.credentials:
            key, scope = self._scope(query["X-Amz-Credential"], stamp, malformed)
            payload = wire.headers.get("X-Amz-Content-SHA256", _UNSIGNED)
            self._check(wire, key, scope, stamp, (query["X-Amz-SignedHeaders"], payload, query["X-Amz-Signature"]))

    def _scope(self, credential: str, stamp: str, malformed: str) -> tuple[str, Scope]:
        *named, date, region, service, end = credential.split("/") if credential.count("/") >= 4 else [""] * 5  # noqa: PLR2004
        key, scope = "/".join(named), Scope(date, region, service)
        if end != "aws4_request" or service != "s3" or date != stamp[:8]:
            raise S3Error(malformed, "The authorization header is malformed; the Credential is mal-formed; expecting "
                          '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".')  # fmt: skip
        if key not in self.credentials:
            raise S3Error("InvalidAccessKeyId", AWSAccessKeyId=key)
        if region != self.region:
            message = (
                f"The authorization header is malformed; the region '{region}' is wrong; expecting '{self.region}'"
            )
            raise S3Error(malformed, message, Region=self.region)
        return key, scope

    def _check(self, wire: Wire, key: str, scope: Scope, stamp: str, said: tuple[str, str, str]) -> None:
        headers, payload, given = said
        signed = headers.split(";")
        amazon = {name.lower() for name in wire.headers if name.lower().startswith("x-amz-")} - {"x-amz-content-sha256"}
        if missing := sorted((amazon | {"host"}) - set(signed)):
            message = "There were headers present in the request which were not signed"
            raise S3Error("AccessDenied", message, HeadersNotSigned=", ".join(missing))
        request = signing.canonical(wire, signed, payload)
        text = signing.to_sign(request, stamp, scope)
        if not signing.same(signing.signature(self.credentials[key], scope, text), given):
            raise _forgery(AWSAccessKeyId=key, StringToSign=text, SignatureProvided=given, CanonicalRequest=request)

    def _verify_v2_header(self, asked: Target, said: str, now: datetime) -> None:
        wire = asked.wire
        key, _, given = said.partition(":")
        stamp = wire.headers.get("X-Amz-Date", wire.headers.get("Date", ""))
        if (signed_at := _parse_date(stamp)) is None:
            raise S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
        _near(signed_at, now, stamp)
        self._old_check(asked, key, given, "" if "X-Amz-Date" in wire.headers else stamp)

    def _verify_v2_query(self, asked: Target, now: datetime) -> None:
        query = asked.query
        expires = query.get("Expires", "")
        if not (expires.isascii() and expires.isdecimal() and len(expires) < 11):  # noqa: PLR2004 - until the year 2286
            raise S3Error("AccessDenied", "Query-string authentication requires the Signature, Expires and "
                          "AWSAccessKeyId parameters")  # fmt: skip
        _check_expiry(datetime.fromtimestamp(int(expires), UTC), now, {})
        if self.credentials:
            self._old_check(asked, query["AWSAccessKeyId"], query["Signature"], expires)

    def _old_check(self, asked: Target, key: str, given: str, date: str) -> None:
        if key not in self.credentials:
            raise S3Error("InvalidAccessKeyId", AWSAccessKeyId=key)
        text = signing.old_to_sign(asked.wire, asked.host_bucket, date)
        if not signing.same(signing.old_signature(self.credentials[key], text), given):
            raise _forgery(AWSAccessKeyId=key, StringToSign=text, SignatureProvided=given)


class _ChunkSeal:
    """Refuses chunks and trailers whose signature is not the one that it computes."""

    def __init__(self, signatures: ChunkSignatures) -> None:
        self._signatures = signatures

    def chunk(self, sha256: str, signature: str) -> None:
        """Return if the next chunk may be believed; raises `S3Error`."""
        if not signing.same(self._signatures.chunk(sha256), signature):
            raise _forgery(SignatureProvided=signature)

    def trailer(self, lines: bytes, signature: str) -> None:
        """Return if the trailers may be believed; raises `S3Error`."""
        if not signing.same(self._signatures.trailer(lines), signature):
            raise _forgery(SignatureProvided=signature)


def _forgery(**details: str) -> S3Error:
    return S3Error("SignatureDoesNotMatch", **details)


def _parse_stamp(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _parse_date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _near(signed_at: datetime, now: datetime, stamp: str) -> None:
    if abs(now - signed_at) > _SKEW:
        limit = str(int(_SKEW.total_seconds() * 1000))
        details = {"RequestTime": stamp, "ServerTime": _format_date(now), "MaxAllowedSkewMilliseconds": limit}
        raise S3Error("RequestTimeTooSkewed", **details)


def _check_expiry(until: datetime, now: datetime, details: Mapping[str, str]) -> None:
    if now > until:
        told = {**details, "Expires": _format_date(until), "ServerTime": _format_date(now)}
        raise S3Error("AccessDenied", "Request has expired", **told)


def _format_date(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
