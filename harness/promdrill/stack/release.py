"""The official releases of Prometheus and Alertmanager: fetched, checked against the list they publish, unpacked."""

from __future__ import annotations

import hashlib
import platform
import shutil
import tarfile
from typing import TYPE_CHECKING

import httpx

from promdrill.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEFAULT_BASE = "https://github.com"
# Pinned, so that two runs of the same promdrill drill on the same Prometheus. 3.5 is the line with long-term support.
VERSIONS = {"prometheus": "3.5.3", "alertmanager": "0.33.1"}
EXECUTABLES = {"prometheus": ("prometheus", "promtool"), "alertmanager": ("alertmanager",)}

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armv7", "i686": "386"}
# A machine without internet has to move on to the next way within seconds.
_TIMEOUT = httpx.Timeout(15.0, connect=3.0)
_SUMS = "sha256sums.txt"


def release_name(product: str) -> str:
    """Return the name of this platform's release, as `prometheus-3.5.3.linux-amd64`."""
    machine = platform.machine()
    return f"{product}-{VERSIONS[product]}.{platform.system().lower()}-{_ARCHITECTURES.get(machine, machine)}"


def fetch_release(product: str, into: Path, base: str, announce: Callable[[str], None]) -> None:
    """Put the executables of this platform's release into the folder `into`.

    Raises StackError if the release cannot be had, is not what its own list of SHA-256 sums says, or lacks one of them.
    """
    address = f"{base.rstrip('/')}/prometheus/{product}/releases/download/v{VERSIONS[product]}"
    archive = into / f"{release_name(product)}.tar.gz"
    try:
        # Identity: the sums are of the bytes as published, so no proxy may pack or unpack them on the way.
        headers = {"Accept-Encoding": "identity"}
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=True, headers=headers) as client:
            expected = _published_sum(client, address, archive.name)
            announce(f"Fetching {address}/{archive.name}")
            seen = _download(client, f"{address}/{archive.name}", archive)
    except httpx.HTTPStatusError as error:
        raise StackError(f"{error.request.url} answered {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StackError(f"{address}: {error or type(error).__name__}") from error
    if seen != expected:
        raise StackError(f"{address}/{archive.name} has SHA-256 {seen}, but {_SUMS} beside it says {expected}")
    _unpack(archive, EXECUTABLES[product])
    archive.unlink()


def _published_sum(client: httpx.Client, address: str, archive: str) -> str:
    listed = client.get(f"{address}/{_SUMS}").raise_for_status().text
    for line in listed.splitlines():
        match line.split():
            case [digest, name] if name.removeprefix("*") == archive:
                return digest
    raise StackError(f"{address}/{_SUMS} lists no {archive}: there is no release for this platform")


def _download(client: httpx.Client, address: str, into: Path) -> str:
    """Write what `address` serves to the file `into`; return its SHA-256."""
    digest = hashlib.sha256()
    with client.stream("GET", address) as response, into.open("wb") as file:
        response.raise_for_status()
        for chunk in response.iter_raw():
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _unpack(archive: Path, executables: tuple[str, ...]) -> None:
    """Write the executables beside their archive.

    Only these members are read, and where they go is ours to say: whatever paths or links the archive holds, nothing
    else is written.
    """
    folder = archive.name.removesuffix(".tar.gz")
    try:
        with tarfile.open(archive) as members:
            for name in executables:
                packed = members.extractfile(f"{folder}/{name}")
                if packed is None:
                    raise StackError(f"{name} in {archive.name} is not a file")
                target = archive.with_name(name)
                with target.open("wb") as file:
                    shutil.copyfileobj(packed, file)
                target.chmod(0o755)
    except (tarfile.TarError, EOFError, KeyError, OSError) as error:
        raise StackError(f"{archive.name} cannot be unpacked: {error}") from error
