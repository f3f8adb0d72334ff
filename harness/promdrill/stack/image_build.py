"""The images of a stack of containers: official ones are pulled, and our own is built, if not there yet."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tarfile
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import docker
import docker.errors

from promdrill import conventions
from promdrill.errors import StackError, UsageError
from promdrill.stack import engine
from promdrill.stack.image import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from promdrill.stack.image import Image

BASE_SETTING = "PROMDRILL_BASE_IMAGE"
WHEELHOUSE_SETTING = "PROMDRILL_WHEELHOUSE"
DOCKERFILE = "images/Dockerfile"
# What the image is made of, in a checkout and in an installed promdrill alike.
BESIDE = ("images", "pyproject.toml", "README.md", "LICENSE", "requirements.lock", "scenarios", "prometheus", "docs")
LEFT_OUT = {"__pycache__", "bundled"}


def ensure_image(client: docker.DockerClient, image: Image, announce: Callable[[str], None]) -> str:
    """Return the reference of an image that the engine has, pulled or built if it had not.

    Raises:
        StackError: it cannot be pulled or built.
        UsageError: it is to be built from what is not there.
    """
    reference = os.environ.get(image.setting) or image.reference
    if reference is None:
        return _ensure(client, announce)
    if not _is_there(client, reference):
        announce(f"Pulling {reference}")
        try:
            client.images.pull(reference)
        except engine.ERRORS as error:
            raise StackError(
                f"the image {reference} is not there and cannot be pulled: {' '.join(str(error).split())}\n"
                f"Name one that is there by {image.setting}."
            ) from error
    return reference


def _ensure(client: docker.DockerClient, announce: Callable[[str], None]) -> str:
    """Return the image of just this source on just this base, so that one that is there need not be built again."""
    base = os.environ.get(BASE_SETTING)
    context = dict(_context())
    reference = f"promdrill:{_digest(context, _identity(client, base))}"
    if _is_there(client, reference):
        return reference
    with _alone():
        if not _is_there(client, reference):  # another run may have built it meanwhile
            announce(f"Building the image {reference}, once; a minute or two, most of it pip")
            _build(client, reference, context, base)
    return reference


def _build(client: docker.DockerClient, reference: str, context: Mapping[str, Path], base: str | None) -> None:
    arguments = {"BASE": base} if base else {}
    try:
        with _pack(context) as packed:
            client.images.build(
                fileobj=packed, custom_context=True, dockerfile=DOCKERFILE, buildargs=arguments, tag=reference, rm=True,
                forcerm=True,
            )  # fmt: skip
    except docker.errors.BuildError as error:
        said = "".join(str(line.get("stream") or line.get("error") or "") for line in error.build_log)
        tail = "\n".join(f"    {line}" for line in said.splitlines()[-15:])
        raise StackError(
            f"promdrill's image could not be built: {error.msg}; the end of the build's output:\n{tail}\n"
            f"Its base is {base or 'the one that its Dockerfile names'} ({BASE_SETTING} names another); without a"
            f" network, {WHEELHOUSE_SETTING} names a folder of wheels; {OURS.setting} names an image that is there."
        ) from error
    except engine.ERRORS as error:
        raise StackError(f"promdrill's image could not be built: {' '.join(str(error).split())}") from error


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one run of this user build at a time."""
    with (Path(tempfile.gettempdir()) / f"promdrill-image-{os.getuid()}").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_there(client: docker.DockerClient, reference: str) -> bool:
    try:
        client.images.get(reference)
    except docker.errors.ImageNotFound:
        return False
    return True


def _identity(client: docker.DockerClient, base: str | None) -> str:
    """Return what tells a base from another of the same name, once the engine has it."""
    return str(client.images.get(base).id) if base and _is_there(client, base) else base or ""


def _context() -> Iterator[tuple[str, Path]]:
    """Yield each file that the image is made of, by its name in the build."""
    for name, path in (*((name, conventions.ROOT / name) for name in BESIDE), *conventions.PACKAGES.items()):
        if not path.exists():
            raise UsageError(f"promdrill's image cannot be built: {path} is not there; name one by {OURS.setting}")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            inside = Path(name) / file.relative_to(path) if file != path else Path(name)
            if file.is_file() and not LEFT_OUT & set(inside.parts):
                yield str(inside), file
    if wheels := os.environ.get(WHEELHOUSE_SETTING):
        found = sorted(Path(wheels).glob("*.whl"))
        if not found:
            raise UsageError(f"{WHEELHOUSE_SETTING}: {wheels} has no wheels")
        yield from ((f"wheelhouse/{wheel.name}", wheel) for wheel in found)


def _digest(context: Mapping[str, Path], base: str) -> str:
    """Return a name for the content; of a wheel, whose content the lock tells, its own name alone counts."""
    digest = hashlib.sha256(base.encode())
    for name, path in context.items():
        digest.update(f"\0{name}\0".encode())
        if not name.startswith("wheelhouse/"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _pack(context: Mapping[str, Path]) -> IO[bytes]:
    """Return it as the engine takes it. Times are left out: what has not changed need not be built again."""
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, path in context.items():
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            entry.mode = 0o644
            with path.open("rb") as content:
                archive.addfile(entry, content)
    packed.seek(0)
    return packed
