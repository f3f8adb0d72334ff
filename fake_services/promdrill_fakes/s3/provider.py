"""S3's REST API, as boto3 speaks it."""

from __future__ import annotations

import itertools
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from promdrill_fakes.call import Answer, Call, RefusedError
from promdrill_fakes.s3 import buckets, copies, multipart, objects, tagging, uploads
from promdrill_fakes.s3.access import Access
from promdrill_fakes.s3.errors import BY_STATUS, KNOWN, S3Error
from promdrill_fakes.s3.payload import INLINE, Intent, body_chunks, receive
from promdrill_fakes.s3.requests import VERBS, api, target
from promdrill_fakes.s3.settings import S3Settings
from promdrill_fakes.s3.store import Store
from promdrill_fakes.s3.xml import error_document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp.web import BaseRequest

    from promdrill_fakes.config import Config
    from promdrill_fakes.definition import Value
    from promdrill_fakes.s3.payload import Payload
    from promdrill_fakes.s3.requests import Target
    from promdrill_fakes.shared_state import SharedState

_HANDLERS: Mapping[str, Callable[[Store, Target, Mapping[str, str]], Answer]] = {
    "ListBuckets": buckets.list_buckets,
    "CreateBucket": buckets.create,
    "HeadBucket": buckets.head,
    "DeleteBucket": buckets.remove,
    "GetBucketLocation": buckets.location,
    "GetBucketVersioning": buckets.versioning,
    "ListObjects": buckets.list_objects,
    "ListObjectsV2": buckets.list_objects_v2,
    "DeleteObjects": buckets.delete_objects,
    "PutObject": objects.put,
    "GetObject": objects.get,
    "HeadObject": objects.head,
    "DeleteObject": objects.delete,
    "CreateMultipartUpload": multipart.create,
    "UploadPart": multipart.put_part,
    "CompleteMultipartUpload": multipart.complete,
    "AbortMultipartUpload": multipart.abort,
    "ListMultipartUploads": uploads.list_uploads,
    "ListParts": uploads.list_parts,
    "GetObjectTagging": tagging.get,
    "PutObjectTagging": tagging.put,
    "DeleteObjectTagging": tagging.delete,
}
_COPIES: Mapping[str, Callable[[Store, Target, Mapping[str, str]], Awaitable[Answer]]] = {
    "CopyObject": copies.copy,
    "UploadPartCopy": copies.copy_part,
}
"""These take as long as hashing takes, and let others in meanwhile."""

_ANSWERS_EARLY = frozenset({"CompleteMultipartUpload", *_COPIES})
"""The APIs that send 200 before they are done, and tell of an error in the document."""


class S3:
    """The provider."""

    service: Final = "s3"

    def __init__(self, state: SharedState) -> None:
        self._store = Store()
        # Ids of answers tell them apart, and those of one fake from another's: they are no secret.
        self._host = secrets.token_hex(8).upper()
        self._numbers = itertools.count(secrets.randbits(62))
        self._access = Access({}, "")
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Have the configured buckets; if `fresh`, no others and all empty."""
        settings = config.section(S3Settings)
        self._access = Access(settings.credentials, settings.region)
        self._store.configure(settings.buckets, fresh=fresh)

    def open(self, request: BaseRequest) -> Call:
        """Return which API is called of what, and the operation that the client retries."""
        asked = target(request)
        route = api(request.method, asked, request.headers)
        columns: dict[str, Value] = {
            "verb": VERBS.get(route),
            "bucket": asked.bucket or None,
            "key": asked.key or None,
            "key_prefix": _prefix(asked.key),
        }
        call = Call(request, self.service, route, columns, parsed=asked)
        call.operation = request.headers.get("amz-sdk-invocation-id", call.operation)
        return call

    async def read(self, call: Call) -> None:
        """Let the request in and read its payload; raises `RefusedError` where it may not, or is not what was meant."""
        try:
            intent = self._admit(call)
            self._take_payload(call, await receive(intent, body_chunks(call.request), self._store.spill))
        except S3Error as error:
            raise RefusedError(self._refusal(call, error)) from None

    def answer_at_once(self, call: Call, data: bytes) -> Answer | None:
        """Answer a request about what is small: neither hashing nor reading of it needs a thread."""
        if call.route not in _HANDLERS or len(data) > INLINE:
            return None
        try:
            self._take_payload(call, self._admit(call).whole(data))
            answer = self._perform(call)
        except S3Error as error:
            return self._refusal(call, error)
        return answer if answer.pieces is None else None

    def answers_at_once(self, call: Call, size: int) -> bool:
        """A small object is stored at once. Where a signature may have it refused, that is told before its body."""
        return call.route == "PutObject" and size <= INLINE and not self._access.credentials

    def _admit(self, call: Call) -> Intent:
        seal = self._access.admit(call.parsed, datetime.now(UTC))
        return Intent(call.request.headers, seal, signed=bool(self._access.credentials))

    def _take_payload(self, call: Call, payload: Payload) -> None:
        call.parsed.payload = payload
        if call.route == "DeleteObjects":
            keys = buckets.keys_to_delete(call.parsed)
            call.items = [{"key": key, "key_prefix": _prefix(key)} for key in keys]

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        if call.route not in _HANDLERS and call.route not in _COPIES:
            raise RefusedError(self._refusal(call, S3Error("NotImplemented")))
        try:
            if call.route in _HANDLERS:
                return self._perform(call)
            return self._add_stamps(call, await _COPIES[call.route](self._store, call.parsed, call.request.headers))
        except S3Error as error:
            raise RefusedError(self._refusal(call, error)) from None

    def _perform(self, call: Call) -> Answer:
        """Return what an API answers; raises `S3Error`."""
        return self._add_stamps(call, _HANDLERS[call.route](self._store, call.parsed, call.request.headers))

    def _add_stamps(self, call: Call, answer: Answer) -> Answer:
        region = {"x-amz-bucket-region": self._access.region} if call.route == "HeadBucket" else {}
        answer.headers = {**self._stamps(), **region, **answer.headers}
        return answer

    def error(self, call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return an error document; the code follows from the status where none is given, the words from the code."""
        code = code or BY_STATUS.get(status, "InternalError")
        words = message or KNOWN.get(code, KNOWN["InternalError"])[1]
        return self._document(call, status, code, words, {})

    def interrupt(self, call: Call, answer: Answer, message: str) -> Answer:
        """Return an error in a document of status 200, where S3 does so; else a 500."""
        broken = self.error(call, 500, message=message)
        if call.route in _ANSWERS_EARLY and answer.error is None:
            broken.status = 200
        return broken

    def _refusal(self, call: Call, error: S3Error) -> Answer:
        return self._document(call, error.status, error.code, error.message, error.details)

    def _document(self, call: Call, status: int, code: str, message: str, details: Mapping[str, str]) -> Answer:
        stamps = self._stamps()
        if call.request.method == "HEAD":
            return Answer(status, {**stamps, "Content-Type": "application/xml"}, error=code)
        body = error_document(
            [
                ("Code", code),
                ("Message", message),
                *details.items(),
                ("Resource", call.request.path),
                ("RequestId", stamps["x-amz-request-id"]),
                ("HostId", stamps["x-amz-id-2"]),
            ]
        )
        return Answer(status, {**stamps, "Content-Type": "application/xml"}, body, error=code)

    def _stamps(self) -> dict[str, str]:
        number = f"{next(self._numbers):016X}"
        return {"x-amz-request-id": number, "x-amz-id-2": self._host + number, "Server": "AmazonS3"}


def _prefix(key: str) -> str | None:
    return key.partition("/")[0] or None
