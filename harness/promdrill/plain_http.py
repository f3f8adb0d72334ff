"""The HTTP client for the parts of a run: no proxy comes between, and no TLS is spoken."""

from __future__ import annotations

import ssl

import httpx

# It trusts nobody. A client that is given none reads all certificates of the machine, which takes longer than what is
# asked of it.
_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client(url: str = "", *, seconds: float) -> httpx.Client:
    """Return a client for what is below a URL; an answer may take this many seconds."""
    return httpx.Client(base_url=url, timeout=seconds, trust_env=False, verify=_NOBODY)
