"""Fetching what the machine has not: releases, from a mirror on loopback."""

from __future__ import annotations

import hashlib
import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from promdrill.stack.binaries import Binary, BinaryNotFoundError, find
from promdrill.stack.release import VERSIONS, release_name
from tests.words import generic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syrupy.assertion import SnapshotAssertion


class Mirror:
    """A mirror of the releases: an HTTP server on loopback of a folder, and the requests it has had."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []
        requests = self.requests

        class Handler(SimpleHTTPRequestHandler):
            def log_request(self, *_: object) -> None:
                requests.append(self.path.rpartition("/")[2])

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def publish(self, product: str, *, digest: str = "", **members: str) -> str:
        """Put up a release as the project does, with its list of sums; return the archive's name."""
        name = release_name(product)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for path, text in members.items():
                member = tarfile.TarInfo(path if "/" in path else f"{name}/{path}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        folder = self.folder / f"prometheus/{product}/releases/download/v{VERSIONS[product]}"
        folder.mkdir(parents=True)
        (folder / f"{name}.tar.gz").write_bytes(packed.getvalue())
        digest = digest or hashlib.sha256(packed.getvalue()).hexdigest()
        (folder / "sha256sums.txt").write_text(f"{'0' * 64}  something-else.tar.gz\n{digest}  {name}.tar.gz\n")
        return f"{self.address}/{folder.relative_to(self.folder)}/{name}.tar.gz"


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """A mirror that has nothing yet."""
    (tmp_path / "mirror").mkdir()
    mirror = Mirror(tmp_path / "mirror")
    thread = Thread(target=partial(mirror.server.serve_forever, poll_interval=0.01))
    thread.start()
    yield mirror
    mirror.server.shutdown()
    mirror.server.server_close()
    thread.join()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache that is not there yet."""
    return tmp_path / "cache"


@pytest.fixture
def env(tmp_path: Path, mirror: Mirror, cache: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment of a machine that has nothing but a way to the mirror."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")  # this machine may have a proxy
    (tmp_path / "bin").mkdir()
    return {
        "PATH": str(tmp_path / "bin"),
        "PROMDRILL_CACHE": str(cache),
        "PROMDRILL_DOWNLOAD_BASE": mirror.address,
    }


def printing(name: str, version: str) -> str:
    """Return a script that answers --version as Prometheus's own do."""
    return f"#!/bin/sh\necho '{name}, version {version} (branch: HEAD, revision: 1a2b3c)'\n"


def publish_prometheus(mirror: Mirror, *, digest: str = "") -> str:
    """Put up a release of Prometheus, by default with the right sum."""
    return mirror.publish(
        "prometheus",
        digest=digest,
        prometheus=printing("prometheus", "3.5.3"),
        promtool=printing("promtool", "3.5.3"),
        LICENSE="Apache",
    )


def refusal(env: dict[str, str], way: str) -> str:
    """Return what one way answered when prometheus is not found."""
    with pytest.raises(BinaryNotFoundError) as raised:
        find("prometheus", env=env)
    [line] = [line for line in str(raised.value).splitlines() if line.startswith(f"  {way}: ")]
    return line.removeprefix(f"  {way}: ")


def test_release(mirror: Mirror, env: dict[str, str], cache: Path) -> None:
    """The pinned release is fetched once, announced, and only its executables are kept."""
    address = publish_prometheus(mirror)
    announced: list[str] = []
    found = [find("prometheus", env=env, announce=announced.append) for _ in range(2)]
    folder = cache / release_name("prometheus")
    assert (found, announced, mirror.requests, sorted(path.name for path in folder.iterdir())) == (
        [Binary(folder / "prometheus", "3.5.3", way) for way in ("official release", "cache")],
        [f"Fetching {address}"],
        ["sha256sums.txt", address.rpartition("/")[2]],
        ["prometheus", "promtool"],
    )


def test_release_of_alertmanager(mirror: Mirror, env: dict[str, str], cache: Path) -> None:
    """Alertmanager has a release of its own."""
    mirror.publish("alertmanager", alertmanager=printing("alertmanager", "0.33.1"))
    path = cache / release_name("alertmanager") / "alertmanager"
    assert find("alertmanager", env=env) == Binary(path, "0.33.1", "official release")


def test_release_gives_promtool(mirror: Mirror, env: dict[str, str], cache: Path) -> None:
    """The release of Prometheus gives its promtool too."""
    publish_prometheus(mirror)
    path = cache / release_name("prometheus") / "promtool"
    assert find("promtool", env=env) == Binary(path, "3.5.3", "official release")


def test_release_with_a_wrong_checksum(
    mirror: Mirror, env: dict[str, str], cache: Path, snapshot: SnapshotAssertion
) -> None:
    """An archive that is not what the published list says is refused, and nothing of it stays in the cache."""
    address = publish_prometheus(mirror, digest="f" * 64)
    seen = hashlib.sha256((mirror.folder / address.removeprefix(f"{mirror.address}/")).read_bytes()).hexdigest()
    refused = refusal(env, "official release")
    assert generic(refused, address=address, seen=seen, published="f" * 64) == snapshot
    assert [path for path in cache.rglob("*") if not path.name.endswith(".lock")] == []


def test_release_that_is_not_there(mirror: Mirror, env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """A mirror without the release is told by its address and what it answered."""
    release = f"{mirror.address}/prometheus/prometheus/releases/download/v{VERSIONS['prometheus']}"
    assert generic(refusal(env, "official release"), release=release) == snapshot


def test_release_not_for_this_platform(mirror: Mirror, env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """A release whose list lacks this platform's archive is told as such."""
    address = publish_prometheus(mirror)
    sums = mirror.folder / Path(address.removeprefix(f"{mirror.address}/")).with_name("sha256sums.txt")
    sums.write_text(f"{'0' * 64}  prometheus-3.5.3.plan9-mips.tar.gz\n")
    names = {"release": address.rpartition("/")[0], "name": release_name("prometheus")}
    assert generic(refusal(env, "official release"), **names) == snapshot


def test_release_without_the_executable(mirror: Mirror, env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """An archive that lacks an executable is refused whole."""
    mirror.publish("prometheus", prometheus=printing("prometheus", "3.5.3"))
    assert generic(refusal(env, "official release"), name=release_name("prometheus")) == snapshot


def test_release_that_writes_elsewhere(mirror: Mirror, env: dict[str, str], cache: Path) -> None:
    """A member whose path leads out of the cache is not written."""
    publish = {"prometheus": printing("prometheus", "3.5.3"), "promtool": printing("promtool", "3.5.3")}
    mirror.publish("prometheus", **publish, **{"../../outside": "x", "../outside": "x"})
    find("prometheus", env=env)
    assert list(cache.parent.rglob("outside")) == []


def test_mirror_down(mirror: Mirror, env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """A mirror that does not answer is told by its address."""
    address = "http://127.0.0.1:9"  # the discard port: nobody listens
    release = f"{address}/prometheus/prometheus/releases/download/v{VERSIONS['prometheus']}"
    refused = refusal(env | {"PROMDRILL_DOWNLOAD_BASE": address}, "official release")
    assert generic(refused, release=release) == snapshot
    assert mirror.requests == []


def test_cache_that_cannot_be_written(mirror: Mirror, env: dict[str, str], cache: Path) -> None:
    """A cache that cannot be written is told as the reason."""
    publish_prometheus(mirror)
    cache.write_text("a file where the folder should be")
    assert refusal(env, "official release") == f"[Errno 17] File exists: '{cache}'"


def test_left_behind_by_a_killed_run(mirror: Mirror, env: dict[str, str], cache: Path) -> None:
    """What a killed run left half done is cleared away and fetched anew."""
    publish_prometheus(mirror)
    half_done = cache / f".{release_name('prometheus')}.partial"
    half_done.mkdir(parents=True)
    (half_done / "prometheus").write_text("half")
    assert find("prometheus", env=env).version == "3.5.3"
    assert not half_done.exists()


def test_two_at_once(mirror: Mirror, env: dict[str, str], cache: Path) -> None:
    """Several that look at once fetch once and all find the same."""
    address = publish_prometheus(mirror)
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: find("prometheus", env=env).path, range(4)))
    assert (found, mirror.requests) == (
        {cache / release_name("prometheus") / "prometheus"},
        ["sha256sums.txt", address.rpartition("/")[2]],
    )
