"""Fetching what the machine has not: the distribution's packages, with the real apt-get from a local repository."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promdrill.stack import debian
from promdrill.stack.binaries import Binary, BinaryNotFoundError, find
from promdrill.stack.debian import package_name, page_options
from tests.words import generic

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache that is not there yet."""
    return tmp_path / "cache"


@pytest.fixture
def env(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment of a machine that has nothing and cannot reach the releases."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")  # this machine may have a proxy
    (tmp_path / "bin").mkdir()
    return {
        "PATH": str(tmp_path / "bin"),
        "PROMDRILL_CACHE": str(cache),
        "PROMDRILL_DOWNLOAD_BASE": "http://127.0.0.1:9",  # the discard port: nobody listens
    }


def refusal(env: dict[str, str]) -> str:
    """Return what the distribution's package answered when prometheus is not found."""
    with pytest.raises(BinaryNotFoundError) as raised:
        find("prometheus", env=env)
    return str(raised.value).splitlines()[-2].removeprefix("  distribution's package: ")


def build_package(repository: Path, name: str, **executables: str) -> None:
    """Build a package with these executables into a flat repository, as its index says."""
    root = repository / "root"
    (root / "DEBIAN").mkdir(parents=True)
    fields = (
        f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@localhost>\nDescription: fake\n"
    )
    (root / "DEBIAN/control").write_text(fields)
    (root / "usr/bin").mkdir(parents=True)
    for executable, version in executables.items():
        path = root / "usr/bin" / executable.replace("_", "-")
        called = path.name.removeprefix("prometheus-")
        path.write_text(f"#!/bin/sh\necho '{called}, version {version} (branch: debian/sid, revision: 1a2b3c)'\n")
        path.chmod(0o755)
    archive = repository / f"{name}_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", root, archive], check=True, capture_output=True)
    shutil.rmtree(root)
    packed = archive.read_bytes()
    with (repository / "Packages").open("a") as index:
        digest = hashlib.sha256(packed).hexdigest()
        index.write(f"{fields}Filename: ./{archive.name}\nSize: {len(packed)}\nSHA256: {digest}\n\n")


@pytest.fixture
def repository(tmp_path: Path, env: dict[str, str]) -> Path:
    """An apt repository in a folder, which is the only one that apt-get looks at; its lists are not fetched yet."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        pytest.skip("apt-get and dpkg-deb are not on this machine")
    repository = tmp_path / "repository"
    repository.mkdir()
    (tmp_path / "none/partial").mkdir(parents=True)
    (tmp_path / "sources.list").write_text(f"deb [trusted=yes] copy:{repository} ./\n")
    (tmp_path / "status").touch()  # nothing is installed
    (tmp_path / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list";\nDir::Etc::sourceparts "/dev/null";\n'
        f'Dir::State::Lists "{tmp_path}/none";\nDir::Cache "{tmp_path}/none";\nAPT::Sandbox::User "root";\n'
        f'Dir::State::status "{tmp_path}/status";\n'
    )
    for command in ("apt-get", "dpkg", "dpkg-deb", "tar", "rm", "sh"):  # and no Prometheus that this machine may have
        (tmp_path / "bin" / command).symlink_to(shutil.which(command) or command)
    env["APT_CONFIG"] = str(tmp_path / "apt.conf")
    return repository


@pytest.mark.parametrize(
    "packages", [{"prometheus": ["prometheus", "promtool"]}, {"prometheus": ["prometheus"], "promtool": ["promtool"]}]
)
def test_package(repository: Path, env: dict[str, str], cache: Path, packages: dict[str, list[str]]) -> None:
    """The distribution's package is unpacked into the cache; promtool comes with it or from a package of its own."""
    for package, executables in packages.items():
        build_package(repository, package, **dict.fromkeys(executables, "2.42.0+ds"))
    folder = cache / package_name("prometheus") / "usr/bin"
    assert [find(name, env=env) for name in ("prometheus", "promtool")] == [
        Binary(folder / "prometheus", "2.42.0+ds", "distribution's package"),
        Binary(folder / "promtool", "2.42.0+ds", "beside prometheus"),
    ]


def test_package_of_alertmanager(repository: Path, env: dict[str, str], cache: Path) -> None:
    """Alertmanager's package, and its executable in it, go by the distribution's name."""
    build_package(repository, "prometheus-alertmanager", prometheus_alertmanager="0.25.0")
    path = cache / package_name("alertmanager") / "usr/bin/prometheus-alertmanager"
    assert find("alertmanager", env=env) == Binary(path, "0.25.0", "distribution's package")


def test_package_that_is_too_old(
    repository: Path, env: dict[str, str], cache: Path, snapshot: SnapshotAssertion
) -> None:
    """A distribution whose package is too old is passed over with its version."""
    build_package(repository, "prometheus", prometheus="2.33.5", promtool="2.33.5")
    path = cache / package_name("prometheus") / "usr/bin/prometheus"
    assert generic(refusal(env), path=path) == snapshot


def test_package_that_is_not_there(repository: Path, env: dict[str, str]) -> None:
    """A distribution without the package is told in apt's own words."""
    build_package(repository, "something-else")
    assert refusal(env) == "E: Unable to locate package prometheus"


def test_no_apt(env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """Where there is no apt-get, the distribution's package is not a way."""
    assert refusal(env) == snapshot


@pytest.fixture
def copied(tmp_path: Path, env: dict[str, str], cache: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Give a way to say where Alertmanager reads its templates; returns its executable in a cache that was copied."""
    env["PROMDRILL_OFFLINE"] = "1"
    (tmp_path / "bin/sh").symlink_to("/bin/sh")

    def place(templates: Path) -> Path:
        monkeypatch.setattr(debian, "_TEMPLATES", templates)
        package = cache / package_name("alertmanager")
        executable = package / "usr/bin/prometheus-alertmanager"
        executable.parent.mkdir(parents=True)
        executable.write_text("#!/bin/sh\necho 'alertmanager, version 0.25.0 (branch: debian/sid)'\n")
        executable.chmod(0o755)
        unpacked = package / templates.relative_to("/")
        unpacked.mkdir(parents=True)
        for name in ("default.tmpl", "email.tmpl"):
            (unpacked / name).write_text(f"{name} of the cache")
        return executable

    return place


def test_cache_on_a_second_machine(tmp_path: Path, env: dict[str, str], copied: Callable[[Path], Path]) -> None:
    """A copied cache brings Alertmanager's templates to where its build reads them; what is there stays."""
    templates = tmp_path / "share"
    executable = copied(templates)
    templates.mkdir()
    (templates / "email.tmpl").write_text("the machine's")
    told: list[str] = []
    assert find("alertmanager", env=env, announce=told.append) == Binary(executable, "0.25.0", "cache")
    assert {path.name: path.read_text() for path in templates.iterdir()} == {
        "default.tmpl": "default.tmpl of the cache",
        "email.tmpl": "the machine's",
    }
    assert told == [f"Copying Alertmanager's templates to {templates}, where this build of it reads them"]


def test_templates_that_cannot_be_put(tmp_path: Path, env: dict[str, str], copied: Callable[[Path], Path]) -> None:
    """A copied cache whose templates cannot be put in their place is no Alertmanager, and the reason is told."""
    (tmp_path / "file").touch()
    templates = tmp_path / "file" / "share"
    copied(templates)
    with pytest.raises(BinaryNotFoundError) as raised:
        find("alertmanager", env=env)
    assert (
        f"  cache: Debian's Alertmanager reads its templates from {templates}, where they cannot be put:"
        " Not a directory; install the package prometheus-alertmanager\n"
    ) in str(raised.value)


def test_pages_of_an_unpacked_package(tmp_path: Path) -> None:
    """The programs of unpacked packages are told where the files of their pages lie; others are told nothing."""
    programs = [tmp_path / "usr/bin" / name for name in ("prometheus", "prometheus-alertmanager")]
    assert [page_options(program) for program in programs] == [[], []]
    share = tmp_path / "usr/share/prometheus"
    (share / "web").mkdir(parents=True)
    (share / "alertmanager/no-ui").mkdir(parents=True)
    assert [page_options(program) for program in programs] == [
        [f"--web.local-assets={share}/web"],
        [f"--web.ui-path={share}/alertmanager/no-ui"],
    ]
    assert page_options(Path("prometheus")) == []
