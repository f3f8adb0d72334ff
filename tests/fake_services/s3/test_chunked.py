from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promdrill_fakes.s3.chunked import Decoder
from promdrill_fakes.s3.errors import S3Error

NAMES = st.text("abcxyz-", min_size=1, max_size=8)
VALUES = st.text("ABC012+/=", min_size=1, max_size=8)


def encode(chunks: list[bytes], trailers: dict[str, str], signature: str) -> bytes:
    """Return an aws-chunked body as the SDKs make it."""
    parts = [b"%x%s\r\n%s\r\n" % (len(chunk), signature.encode(), chunk) for chunk in chunks]
    lines = [f"{name}:{value}\r\n".encode() for name, value in trailers.items()]
    return b"".join([*parts, b"0", signature.encode(), b"\r\n", *lines, b"\r\n"])


def decode(body: bytes, step: int = 7) -> tuple[bytes, dict[str, str]]:
    """Return payload and trailers of a body that arrives in pieces of this size."""
    decoder = Decoder()
    pieces = [bytes(piece) for at in range(0, len(body), step) for piece in decoder.feed(body[at : at + step])]
    decoder.finish()
    return b"".join(pieces), decoder.trailers


@given(
    st.lists(st.binary(min_size=1)),
    st.dictionaries(NAMES, VALUES),
    st.sampled_from(["", ";chunk-signature=ad80c730a21e5b8d"]),
    st.integers(1, 50),
)
def test_decoding_undoes_encoding(chunks: list[bytes], trailers: dict[str, str], signature: str, step: int) -> None:
    """Payload and trailers come back, however the payload was cut into chunks, and the body into packets."""
    assert decode(encode(chunks, trailers, signature), step) == (b"".join(chunks), trailers)


@given(st.lists(st.binary(min_size=1), min_size=1), st.data())
def test_a_body_cut_short_is_refused(chunks: list[bytes], data: st.DataObject) -> None:
    """A body that ends before its end is refused, never taken for the whole."""
    body = encode(chunks, {}, "")
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(S3Error):
        decode(body[:cut])


@given(st.binary(), st.integers(1, 50))
@example(b"-1\r\n\r\n", 1)
@example(b"_\r\n\r\n", 1)
@example(b"0" * 20_000, 5000)
def test_no_body_breaks_the_decoder(body: bytes, step: int) -> None:
    """Whatever is sent is decoded or refused."""
    with suppress(S3Error):
        decode(body, step)
