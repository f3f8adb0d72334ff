"""The tags of objects."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from promdrill_fakes.call import Answer
from promdrill_fakes.s3.errors import S3Error
from promdrill_fakes.s3.xml import XML, document, element, elements, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promdrill_fakes.s3.requests import Target
    from promdrill_fakes.s3.store import Store

_MAX_TAGS = 10
_MAX_KEY = 128
_MAX_VALUE = 256
_SIGNS = "_.:/=+-@"


def from_header(header: str | None) -> dict[str, str]:
    """Return the tags that x-amz-tagging tells as a query; raises `S3Error`."""
    return _check(parse_qsl(header, keep_blank_values=True)) if header else {}


def put(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Replace an object's tags."""
    tags = parse(asked.document(), "Tagging").findall("TagSet/Tag")
    _retag(store, asked, _check([(tag.findtext("Key") or "", tag.findtext("Value") or "") for tag in tags]))
    return Answer()


def get(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Return an object's tags."""
    tags = store.bucket(asked.bucket).get(asked.key).tags
    listed = (element("Tag", elements([("Key", name), ("Value", value)])) for name, value in tags.items())
    return Answer(headers=XML, body=document("Tagging", element("TagSet", *listed)))


def delete(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Take an object's tags away."""
    _retag(store, asked, {})
    return Answer(204)


def _retag(store: Store, asked: Target, tags: Mapping[str, str]) -> None:
    bucket = store.bucket(asked.bucket)
    bucket.put(asked.key, replace(bucket.get(asked.key), tags=tags))


def _check(tags: Sequence[tuple[str, str]]) -> dict[str, str]:
    if len(tags) > _MAX_TAGS:
        raise S3Error("BadRequest", f"Object tags cannot be greater than {_MAX_TAGS}")
    if len({name for name, _ in tags}) < len(tags):
        raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key")
    for name, value in tags:
        if not 1 <= len(name) <= _MAX_KEY or not _is_allowed(name) or name.lower().startswith("aws:"):
            raise S3Error("InvalidTag", "The TagKey you have provided is invalid", TagKey=name)
        if len(value) > _MAX_VALUE or not _is_allowed(value):
            raise S3Error("InvalidTag", "The TagValue you have provided is invalid", TagKey=name, TagValue=value)
    return dict(tags)


def _is_allowed(text: str) -> bool:
    """Return whether this is of letters, numbers, spaces, and the signs that S3 takes."""
    return all(sign in _SIGNS or unicodedata.category(sign)[0] in "LNZ" for sign in text)
