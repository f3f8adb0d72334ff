"""The folder where promdrill keeps what it fetched, so that it fetches it once."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CACHE_SETTING = "PROMDRILL_CACHE"


def cache_folder(env: Mapping[str, str]) -> Path:
    """Return the cache's folder, which need not exist: the setting, else the one that XDG names, else `~/.cache`."""
    if setting := env.get(CACHE_SETTING):
        return Path(setting).expanduser().absolute()
    if shared := env.get("XDG_CACHE_HOME"):
        return Path(shared) / "promdrill"
    return Path(env.get("HOME") or Path.home()) / ".cache" / "promdrill"


def keep(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Return `folder`, filled by `fill` if it was not there: whole or not at all, and once however many ask at once.

    `fill` is given an empty folder to write into, on the same file system. What it raises is raised on, and `folder` is
    then not made. Raises OSError where the cache cannot be written.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            partial = folder.with_name(f".{folder.name}.partial")
            # One that a killed run left behind: the lock says that nobody is writing it.
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            try:
                fill(partial)
                partial.rename(folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return folder
