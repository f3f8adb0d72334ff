"""Finding Prometheus, promtool and Alertmanager, by each way, with executables that print the real `--version` text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promdrill.errors import StackError
from promdrill.stack.binaries import Binary, BinaryNotFoundError, find
from tests.words import generic

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


def put_executable(folder: Path, name: str, version: str, *, calls_itself: str = "") -> Path:
    """Write an executable that answers --version as Prometheus's own do."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{calls_itself or name}, version {version} (branch: HEAD, revision: 1a2b3c)'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment of a machine that has nothing and no network."""
    return {"PATH": str(tmp_path / "bin"), "PROMDRILL_CACHE": str(tmp_path / "cache"), "PROMDRILL_OFFLINE": "1"}


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("prometheus", "PROMDRILL_PROMETHEUS"),
        ("promtool", "PROMDRILL_PROMTOOL"),
        ("alertmanager", "PROMDRILL_ALERTMANAGER"),
    ],
)
def test_setting_names_the_file(tmp_path: Path, env: dict[str, str], name: str, setting: str) -> None:
    """An explicit setting that is the path of a file wins over a later version on PATH."""
    put_executable(tmp_path / "bin", name, "9.0.0")
    path = put_executable(tmp_path / "mine", name, "2.53.0")
    assert find(name, env=env | {setting: str(path)}) == Binary(path, "2.53.0", "explicit setting")


def test_setting_names_the_folder(tmp_path: Path, env: dict[str, str]) -> None:
    """An explicit setting may be the folder that holds the executable, also under Debian's name."""
    path = put_executable(tmp_path / "mine", "prometheus-alertmanager", "0.25.0", calls_itself="alertmanager")
    found = find("alertmanager", env=env | {"PROMDRILL_ALERTMANAGER": str(tmp_path / "mine")})
    assert found == Binary(path, "0.25.0", "explicit setting")


def test_setting_that_leads_nowhere(tmp_path: Path, env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """An explicit setting that leads nowhere is an error at once, even where PATH has a good one."""
    put_executable(tmp_path / "bin", "prometheus", "3.5.3")
    missing = tmp_path / "missing"
    with pytest.raises(StackError) as raised:
        find("prometheus", env=env | {"PROMDRILL_PROMETHEUS": str(missing)})
    assert generic(str(raised.value), missing=missing) == snapshot


def test_setting_of_a_folder_without_it(tmp_path: Path, env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """An explicit setting of a folder that does not hold the executable says which names were looked for."""
    with pytest.raises(StackError) as raised:
        find("alertmanager", env=env | {"PROMDRILL_ALERTMANAGER": str(tmp_path)})
    assert generic(str(raised.value), folder=tmp_path) == snapshot


def test_setting_of_another_program(tmp_path: Path, env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """An explicit setting of a program that is not the one asked for is an error at once."""
    path = put_executable(tmp_path, "promtool", "3.5.3")
    with pytest.raises(StackError) as raised:
        find("prometheus", env=env | {"PROMDRILL_PROMETHEUS": str(path)})
    assert generic(str(raised.value), path=path) == snapshot


def test_setting_of_one_that_is_too_old(tmp_path: Path, env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """An explicit setting of a version that is not supported is an error at once, which holds what was found."""
    put_executable(tmp_path / "bin", "prometheus", "3.5.3")
    path = put_executable(tmp_path, "prometheus", "2.41.0")
    with pytest.raises(BinaryNotFoundError) as raised:
        find("prometheus", env=env | {"PROMDRILL_PROMETHEUS": str(path)})
    assert raised.value.outdated == Binary(path, "2.41.0", "explicit setting")
    assert generic(str(raised.value), path=path) == snapshot


@pytest.mark.parametrize("file_name", ["alertmanager", "prometheus-alertmanager"])
def test_path(tmp_path: Path, env: dict[str, str], file_name: str) -> None:
    """PATH is searched for the upstream name and for Debian's."""
    path = put_executable(tmp_path / "bin", file_name, "0.33.1", calls_itself="alertmanager")
    assert find("alertmanager", env=env) == Binary(path, "0.33.1", "PATH")


def test_too_old_on_path(tmp_path: Path, env: dict[str, str]) -> None:
    """A version on PATH that is too old is passed over for the one in the cache."""
    put_executable(tmp_path / "bin", "prometheus", "2.41.0")
    path = put_executable(cached(env, "prometheus-package.*"), "prometheus", "2.42.0+ds")
    assert find("prometheus", env=env) == Binary(path, "2.42.0+ds", "cache")


def test_promtool_beside_prometheus(tmp_path: Path, env: dict[str, str]) -> None:
    """The promtool beside the prometheus that is used wins over another one on PATH."""
    put_executable(tmp_path / "bin", "promtool", "2.53.0")
    put_executable(tmp_path / "mine", "prometheus", "3.5.3")
    path = put_executable(tmp_path / "mine", "promtool", "3.5.3")
    found = find("promtool", env=env | {"PROMDRILL_PROMETHEUS": str(tmp_path / "mine")})
    assert found == Binary(path, "3.5.3", "beside prometheus")


def test_promtool_apart_from_prometheus(tmp_path: Path, env: dict[str, str]) -> None:
    """A promtool is found by the other ways where prometheus has none beside it."""
    put_executable(tmp_path / "mine", "prometheus", "3.5.3")
    path = put_executable(tmp_path / "bin", "promtool", "2.53.0")
    found = find("promtool", env=env | {"PROMDRILL_PROMETHEUS": str(tmp_path / "mine")})
    assert found == Binary(path, "2.53.0", "PATH")


def test_version_on_standard_error(tmp_path: Path, env: dict[str, str]) -> None:
    """A version printed to the standard error, as older ones do, counts too."""
    path = put_executable(tmp_path / "bin", "prometheus", "2.42.0")
    path.write_text(path.read_text().replace("echo", "echo >&2"))
    assert find("prometheus", env=env) == Binary(path, "2.42.0", "PATH")


def test_nothing_anywhere(tmp_path: Path, env: dict[str, str]) -> None:
    """Where there is none, one error names all five ways, what each answered, and what to do."""
    put_executable(tmp_path / "bin", "prometheus", "2.41.0")
    with pytest.raises(BinaryNotFoundError) as raised:
        find("prometheus", env=env)
    assert str(raised.value) == (
        "No prometheus of version 2.42 or later was found. What was tried:\n"
        "  explicit setting: PROMDRILL_PROMETHEUS is not set\n"
        f"  PATH: {tmp_path}/bin/prometheus is version 2.41.0, older than 2.42\n"
        f"  cache: {tmp_path}/cache has none\n"
        "  official release: not tried, because PROMDRILL_OFFLINE is set\n"
        "  distribution's package: not tried, because PROMDRILL_OFFLINE is set\n"
        "Install it, or set PROMDRILL_PROMETHEUS to its path."
    )


def test_cache_follows_xdg(tmp_path: Path, env: dict[str, str]) -> None:
    """Without a setting of its own the cache is a folder in the one that XDG names."""
    del env["PROMDRILL_CACHE"]
    with pytest.raises(BinaryNotFoundError, match=f"cache: {tmp_path}/xdg/promdrill has none"):
        find("prometheus", env=env | {"XDG_CACHE_HOME": str(tmp_path / "xdg")})


def test_cache_in_home(tmp_path: Path, env: dict[str, str]) -> None:
    """Without any setting the cache is in the home folder."""
    del env["PROMDRILL_CACHE"]
    with pytest.raises(BinaryNotFoundError, match=f"cache: {tmp_path}/.cache/promdrill has none"):
        find("prometheus", env=env | {"HOME": str(tmp_path)})


def cached(env: dict[str, str], pattern: str) -> Path:
    """Return the folder of the cache where the executables of a package are kept."""
    return Path(env["PROMDRILL_CACHE"]) / pattern.replace("*", os.uname().machine) / "usr" / "bin"
