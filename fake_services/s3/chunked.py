"""aws-chunked bodies: how the AWS SDKs send a payload whose checksum follows it as a trailer."""

from __future__ import annotations

from fake_services.s3.errors import S3Error


def decode(body: bytes) -> tuple[bytes, dict[str, str]]:
    r"""Return the payload and the trailers (names in lower case); raises `S3Error` IncompleteBody or InvalidRequest.

    A chunk is `SIZE[;chunk-signature=…]\r\nDATA\r\n`, sizes are hexadecimal; one of size 0 ends the payload, and
    trailers follow it up to an empty line. Signatures are not checked.
    """
    chunks: list[bytes] = []
    position = 0
    while True:
        line, position = _line(body, position)
        size = _size(line)
        if size == 0:
            return b"".join(chunks), _trailers(body, position)
        end = position + size
        if body[end : end + 2] != b"\r\n":
            raise S3Error("IncompleteBody")
        chunks.append(body[position:end])
        position = end + 2


def _line(body: bytes, start: int) -> tuple[bytes, int]:
    end = body.find(b"\r\n", start)
    if end < 0:
        raise S3Error("IncompleteBody")
    return body[start:end], end + 2


def _size(line: bytes) -> int:
    digits = line.split(b";", 1)[0]
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise S3Error("InvalidRequest", "The chunk size is not a hexadecimal number")
    return int(digits, 16)


def _trailers(body: bytes, position: int) -> dict[str, str]:
    trailers = {}
    while position < len(body):
        line, position = _line(body, position)
        name, _, value = line.decode("latin-1").partition(":")
        if name:
            trailers[name.strip().lower()] = value.strip()
    return trailers
