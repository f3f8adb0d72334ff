"""Finds Prometheus, promtool and Alertmanager: what the machine has, else fetched into the cache.

The ways are tried in the order of the tables at the end of this file; the first that gives a version we support wins.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promdrill.errors import StackError
from promdrill.stack.cache import cache_folder, keep
from promdrill.stack.debian import fetch_package, package_name, place_templates
from promdrill.stack.release import DEFAULT_BASE, fetch_release, release_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BASE_SETTING = "PROMDRILL_DOWNLOAD_BASE"
OFFLINE_SETTING = "PROMDRILL_OFFLINE"


@dataclass(frozen=True, slots=True)
class Tool:
    """What is looked for: its file names, the product it is released with, and the oldest (major, minor) supported."""

    name: str
    product: str
    file_names: tuple[str, ...]
    oldest: tuple[int, int]
    setting: str


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("prometheus", "prometheus", ("prometheus",), (2, 42), "PROMDRILL_PROMETHEUS"),
        Tool("promtool", "prometheus", ("promtool",), (2, 42), "PROMDRILL_PROMTOOL"),
        # Debian calls it by the second name.
        Tool(
            "alertmanager",
            "alertmanager",
            ("alertmanager", "prometheus-alertmanager"),
            (0, 25),
            "PROMDRILL_ALERTMANAGER",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Binary:
    """An executable that was run and told its version. `origin` names the way by which it was found."""

    path: Path
    version: str
    origin: str

    @property
    def release(self) -> tuple[int, int]:
        """The version's (major, minor), to compare with."""
        major, minor = re.findall(r"\d+", self.version)[:2]
        return int(major), int(minor)


class BinaryNotFoundError(StackError):
    """No way led to a tool that can be used. `outdated` is the first one found that was only too old, if any."""

    def __init__(self, message: str, outdated: Binary | None = None) -> None:
        self.outdated = outdated
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class _Search:
    tool: Tool
    env: Mapping[str, str]
    announce: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to find a tool: `look` returns where it might be, or why this way does not lead to it."""

    name: str
    look: Callable[[_Search], Path | str]


def _silent(_message: str) -> None:
    """Announce nothing."""


def find(name: str, *, env: Mapping[str, str] | None = None, announce: Callable[[str], None] = _silent) -> Binary:
    """Return the `prometheus`, `promtool` or `alertmanager` to use, fetched into the cache if the machine has none.

    `env` is the environment to read settings from, by default this process's. `announce` is told, a line at a time,
    what is being fetched. Raises BinaryNotFoundError, which says what each way answered, and StackError at once where
    an explicit setting is wrong.
    """
    search = _Search(TOOLS[name], os.environ if env is None else env, announce)
    refusals = []
    outdated = None
    for way in _WAYS_TO_PROMTOOL if name == "promtool" else _WAYS:
        answer = _try(way, search)
        if isinstance(answer, Binary):
            if answer.release >= search.tool.oldest:
                return answer
            outdated = outdated or answer
            answer = f"{answer.path} is version {answer.version}, older than {_format_release(search.tool.oldest)}"
            if way is _SETTING:
                raise BinaryNotFoundError(f"{search.tool.setting}: {answer}", outdated)
        refusals.append(f"  {way.name}: {answer}")
    lines = "\n".join(refusals)
    raise BinaryNotFoundError(
        f"No {name} of version {_format_release(search.tool.oldest)} or later was found. What was tried:\n{lines}\n"
        f"Install it, or set {search.tool.setting} to its path.",
        outdated,
    )


def _try(way: _Way, search: _Search) -> Binary | str:
    """Return what a way leads to, of whatever version, or why it leads nowhere."""
    candidate = way.look(search)
    if isinstance(candidate, str):
        return candidate
    version = _version(candidate, search.tool.name)
    if version:
        return Binary(candidate, version, way.name)
    refusal = f"{candidate} does not answer --version as {search.tool.name} does"
    if way is _SETTING:
        raise StackError(f"{search.tool.setting}: {refusal}")
    return refusal


def _version(path: Path, name: str) -> str | None:
    try:
        ended = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    # Older ones print it to the standard error.
    said = re.match(rf"{name}, version (\d+\.\d+\S*)", ended.stdout + ended.stderr)
    return said[1] if said else None


def _format_release(release: tuple[int, int]) -> str:
    return f"{release[0]}.{release[1]}"


def _executable_in(folder: Path, tool: Tool) -> Path | str:
    for name in tool.file_names:
        if os.access(folder / name, os.X_OK):
            return folder / name
    return f"{folder} has no executable {' or '.join(tool.file_names)}"


def _look_at_setting(search: _Search) -> Path | str:
    value = search.env.get(search.tool.setting)
    if not value:
        return f"{search.tool.setting} is not set"
    path = Path(value).expanduser().absolute()
    answer = _executable_in(path, search.tool) if path.is_dir() else path
    if isinstance(answer, str) or not os.access(answer, os.X_OK):
        reason = answer if isinstance(answer, str) else f"{path} is not an executable file"
        raise StackError(f"{search.tool.setting}: {reason}")
    return answer


def _look_beside_prometheus(search: _Search) -> Path | str:
    prometheus = _Search(TOOLS["prometheus"], search.env, search.announce)
    for way in (_SETTING, _PATH, _CACHE):
        answer = _try(way, prometheus)
        if isinstance(answer, Binary) and answer.release >= prometheus.tool.oldest:
            return _executable_in(answer.path.parent, search.tool)
    return "no prometheus on this machine yet"


def _look_on_path(search: _Search) -> Path | str:
    for name in search.tool.file_names:
        if found := shutil.which(name, path=search.env.get("PATH", os.defpath)):
            return Path(found).absolute()
    return f"no {' or '.join(search.tool.file_names)} on it"


def _look_in_cache(search: _Search) -> Path | str:
    cache = cache_folder(search.env)
    product = search.tool.product
    if isinstance(answer := _executable_in(cache / release_name(product), search.tool), Path):
        return answer
    if (package := cache / package_name(product)).is_dir():
        return _of_package(search, package)
    return f"{cache} has none"


def _look_at_release(search: _Search) -> Path | str:
    product = search.tool.product
    base = search.env.get(BASE_SETTING) or DEFAULT_BASE
    folder = _fetch(search, release_name(product), lambda into: fetch_release(product, into, base, search.announce))
    return folder if isinstance(folder, str) else _executable_in(folder, search.tool)


def _look_at_package(search: _Search) -> Path | str:
    product = search.tool.product
    folder = _fetch(
        search, package_name(product), lambda into: fetch_package(product, into, search.env, search.announce)
    )
    return folder if isinstance(folder, str) else _of_package(search, folder)


def _of_package(search: _Search, package: Path) -> Path | str:
    """Return the executable in the folder of unpacked packages, with what it needs in its place."""
    try:
        place_templates(package, search.announce)
    except StackError as error:
        return str(error)
    return _executable_in(package / "usr" / "bin", search.tool)


def _fetch(search: _Search, name: str, fetch: Callable[[Path], None]) -> Path | str:
    """Return the folder of the cache that `fetch` fills, or why it is not there."""
    if search.env.get(OFFLINE_SETTING, "0") not in {"", "0"}:
        return f"not tried, because {OFFLINE_SETTING} is set"
    try:
        return keep(cache_folder(search.env) / name, fetch)
    except (StackError, OSError) as error:
        return str(error)


_SETTING = _Way("explicit setting", _look_at_setting)
_PATH = _Way("PATH", _look_on_path)
_CACHE = _Way("cache", _look_in_cache)
_WAYS = (
    _SETTING,
    _PATH,
    _CACHE,
    _Way("official release", _look_at_release),
    _Way("distribution's package", _look_at_package),
)
# Not one of the five: a promtool of Prometheus's own version goes before any other.
_WAYS_TO_PROMTOOL = (_SETTING, _Way("beside prometheus", _look_beside_prometheus), *_WAYS[1:])
