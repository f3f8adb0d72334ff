"""S3's REST API, as boto3 speaks it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from fake_services.call import Answer, Call, RefusedError
from fake_services.s3 import buckets, multipart, objects
from fake_services.s3.errors import BY_STATUS, KNOWN, S3Error
from fake_services.s3.requests import VERBS, Target, api, read, target
from fake_services.s3.store import Store
from fake_services.s3.xml import error_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.web import BaseRequest

    from fake_services.catalogue import Value
    from fake_services.config import Config
    from fake_services.state import State

_HANDLERS: Mapping[str, Callable[[Store, Target, Mapping[str, str]], Answer]] = {
    "ListBuckets": buckets.list_buckets,
    "CreateBucket": buckets.create,
    "HeadBucket": buckets.head,
    "DeleteBucket": buckets.remove,
    "GetBucketLocation": buckets.location,
    "ListObjects": buckets.list_objects,
    "ListObjectsV2": buckets.list_objects_v2,
    "DeleteObjects": buckets.delete_objects,
    "PutObject": objects.put,
    "CopyObject": objects.copy,
    "GetObject": objects.get,
    "HeadObject": objects.head,
    "DeleteObject": objects.delete,
    "CreateMultipartUpload": multipart.create,
    "UploadPart": multipart.put_part,
    "CompleteMultipartUpload": multipart.complete,
    "AbortMultipartUpload": multipart.abort,
    "ListParts": multipart.list_parts,
}
_ANSWERS_EARLY = frozenset({"CompleteMultipartUpload", "CopyObject"})
"""The APIs that send 200 before they are done, and tell of an error in the document."""


class S3:
    """The provider."""

    service: Final = "s3"

    def __init__(self, state: State) -> None:
        self._store = Store()
        self._region = ""
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Have the configured buckets; if `fresh`, no others and all empty."""
        self._region = config.s3.region
        self._store.configure(config.s3.buckets, fresh=fresh)

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
        call = Call(request, self.service, route, columns, asked=asked)
        call.operation = request.headers.get("amz-sdk-invocation-id", call.operation)
        return call

    async def read(self, call: Call) -> None:
        """Read the payload; raises `RefusedError` where it is not what was meant."""
        try:
            await read(call.request, call.asked)
            if call.route == "DeleteObjects":
                keys = buckets.keys_to_delete(call.asked)
                call.items = [{"key": key, "key_prefix": _prefix(key)} for key in keys]
        except S3Error as error:
            raise RefusedError(self._refusal(call, error)) from None

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        if call.route not in _HANDLERS:
            raise RefusedError(self._refusal(call, S3Error("NotImplemented")))
        try:
            answer = _HANDLERS[call.route](self._store, call.asked, call.request.headers)
        except S3Error as error:
            raise RefusedError(self._refusal(call, error)) from None
        region = {"x-amz-bucket-region": self._region} if call.route == "HeadBucket" else {}
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
        number = uuid.uuid4().hex.upper()
        return {"x-amz-request-id": number[:16], "x-amz-id-2": number, "Server": "AmazonS3"}


def _prefix(key: str) -> str | None:
    return key.partition("/")[0] or None
