"""The XML documents of S3, written and read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from promdrill_fakes.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
XML = {"Content-Type": "application/xml"}
"""The headers of a document."""

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Markup(str):
    """Text that is XML already."""

    __slots__ = ()


Content = Markup | str | int | bool


def element(name: str, *content: Content) -> Markup:
    """Return an element; what is not markup is escaped."""
    return Markup(f"<{name}>{''.join(_render(part) for part in content)}</{name}>")


def elements(fields: Iterable[tuple[str, Content | None]]) -> Markup:
    """Return one element after the other, without those that are None."""
    return Markup("".join(element(name, value) for name, value in fields if value is not None))


def document(name: str, *content: Markup) -> bytes:
    """Return a document of S3's namespace."""
    return f'{_DECLARATION}<{name} xmlns="{NAMESPACE}">{"".join(content)}</{name}>'.encode(errors="replace")


def error_document(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return an error document, which has no namespace."""
    return f"{_DECLARATION}{element('Error', elements(fields))}".encode(errors="replace")


def parse(body: bytes, root: str) -> ET.Element:
    """Return the root element, its namespace taken away everywhere; raises `S3Error` MalformedXML."""
    try:
        tree = ET.fromstring(body)  # noqa: S314 - expat bounds entity expansion, and clients here are ours
    except ET.ParseError:
        raise S3Error("MalformedXML") from None
    for node in tree.iter():
        node.tag = node.tag.rpartition("}")[2]
    if tree.tag != root:
        raise S3Error("MalformedXML")
    return tree


def _render(part: Content) -> str:
    if isinstance(part, Markup):
        return part
    if isinstance(part, bool):
        return "true" if part else "false"
    return escape(str(part), {"\r": "&#13;"})
