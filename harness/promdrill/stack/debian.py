"""Prometheus and Alertmanager from the distribution's packages: downloaded and unpacked, not installed.

No service is started, and nothing outside the given folder is changed. Debian's build of Alertmanager reads its
templates from a fixed place: before it is used they are copied there where they are missing, and only for that is root
needed.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from promdrill.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# The package of each executable. Debian 12 has promtool in `prometheus` too; later ones have a package of its own.
_PACKAGES = {
    "prometheus": {"prometheus": "prometheus", "promtool": "promtool"},
    "alertmanager": {"prometheus-alertmanager": "prometheus-alertmanager"},
}
_TEMPLATES = Path("/usr/share/prometheus/alertmanager")
_SECONDS = 300

# A user's own lists and cache; without the hooks, which expect to be root and fail the update otherwise.
_PRIVATE = """\
Dir::State::Lists "{folder}/lists";
Dir::Cache "{folder}/cache";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""
# Seconds: a machine without internet has to be told so soon.
_NETWORK = ("-o", "Acquire::http::Timeout=10", "-o", "Acquire::https::Timeout=10", "-o", "Acquire::Retries=1")


def package_name(product: str) -> str:
    """Return the name of the folder that keeps a product's unpacked packages."""
    return f"{product}-package.{platform.machine()}"


def fetch_package(product: str, into: Path, env: Mapping[str, str], announce: Callable[[str], None]) -> None:
    """Unpack the distribution's packages of a product into `into`; the executables are then in `into/usr/bin`.

    Raises StackError if apt-get or dpkg is not there, or if one of the packages cannot be had.
    """
    for command in ("apt-get", "dpkg"):
        if not shutil.which(command, path=env.get("PATH")):
            raise StackError(f"{command} is not on PATH")
    with tempfile.TemporaryDirectory(prefix=".apt-", dir=into) as scratch:
        apt = _Apt(Path(scratch), env, announce)
        for executable, package in _PACKAGES[product].items():
            if not (into / "usr" / "bin" / executable).exists():
                apt.unpack(package, into)


def place_templates(unpacked: Path, announce: Callable[[str], None]) -> None:
    """Copy Alertmanager's templates to where Debian's build of it looks for them, unless they are there.

    Raises StackError where they cannot be put there.
    """
    templates = (unpacked / _TEMPLATES.relative_to("/")).glob("*.tmpl")
    absent = [template for template in templates if not (_TEMPLATES / template.name).exists()]
    if not absent:
        return
    announce(f"Copying Alertmanager's templates to {_TEMPLATES}, where this build of it reads them")
    try:
        _TEMPLATES.mkdir(parents=True, exist_ok=True)
        for template in absent:
            # Another run may be reading.
            copy = _TEMPLATES / f".{template.name}.{os.getpid()}"
            shutil.copy(template, copy)
            copy.replace(_TEMPLATES / template.name)
    except OSError as error:
        raise StackError(
            f"Debian's Alertmanager reads its templates from {_TEMPLATES}, where they cannot be put: {error.strerror};"
            " install the package prometheus-alertmanager"
        ) from error


def page_options(program: Path | str) -> list[str]:
    """Return the options that lead a program of an unpacked package to the files of its web pages.

    Debian's builds look for these below /usr/share. A program that lies elsewhere needs no option, nor one in an image.
    """
    program = Path(program)
    if not program.is_absolute() or program.is_relative_to("/usr"):
        return []
    share = program.parents[1] / "share" / "prometheus"
    options = []
    if program.name == "prometheus" and (share / "web").is_dir():
        options.append(f"--web.local-assets={share / 'web'}")
    if program.name == "prometheus-alertmanager" and (share / "alertmanager" / "no-ui").is_dir():
        options.append(f"--web.ui-path={share / 'alertmanager' / 'no-ui'}")
    return options


class _Apt:
    """Downloads packages into a folder: with the machine's package lists, else with lists fetched into that folder."""

    def __init__(self, folder: Path, env: Mapping[str, str], announce: Callable[[str], None]) -> None:
        self._folder = folder
        self._env = {**env, "LC_ALL": "C"}
        self._announce = announce
        self._options: tuple[str, ...] = _NETWORK

    def unpack(self, package: str, into: Path) -> None:
        self._announce(f"Fetching the distribution's package {package}")
        try:
            self._run("apt-get", *self._options, "download", package)
        except StackError:
            if "--config-file" in self._options:
                raise
            self._announce("Fetching package lists: the machine's are missing or out of date")
            self._use_private_lists()
            self._run("apt-get", *self._options, "download", package)
        for archive in self._folder.glob("*.deb"):
            self._run("dpkg", "-x", str(archive), str(into))
            archive.unlink()

    def _use_private_lists(self) -> None:
        for name in ("lists/partial", "cache/archives/partial"):
            (self._folder / name).mkdir(parents=True)
        config = self._folder / "apt.conf"
        config.write_text(_PRIVATE.format(folder=self._folder), encoding="utf-8")
        self._options = (*_NETWORK, "--config-file", str(config))
        self._run("apt-get", *self._options, "update")

    def _run(self, *command: str) -> None:
        try:
            subprocess.run(
                command,
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=True,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise StackError(f"`{' '.join(command)}` did not end within {_SECONDS} s") from error
        except subprocess.CalledProcessError as error:
            # Of all that apt says, the first error is the cause and the others follow from it.
            said = [line for line in error.stderr.splitlines() if line.startswith(("E:", "dpkg"))]
            raise StackError(said[0] if said else f"`{' '.join(command)}` ended with {error.returncode}") from error
