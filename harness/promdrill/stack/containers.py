"""Parts of a run as containers, by testcontainers: on a network of their own, their ports on loopback only."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer, Reaper
from testcontainers.core.network import Network

from promdrill import conventions
from promdrill.conventions import LOOPBACK
from promdrill.errors import StackError
from promdrill.stack import engine, webhook
from promdrill.stack.image import OURS, Image
from promdrill.stack.image_build import ensure_image
from promdrill.stack.ownership import labels
from promdrill.stack.part import Part, Running
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from docker.models.containers import Container
    from docker.models.networks import Network as DockerNetwork

    from promdrill.stack.webhook import Inbox

EVERYWHERE = "0.0.0.0"
RECEIVER = "receiver"
# Nothing in a container runs as root, not even where promdrill does; who else started it can read what it wrote.
NOBODY = 10001
# A runaway part is to end itself, and not what else is on the machine.
SCRATCH = "/tmp"  # noqa: S108 - each container's own
MEMORY, TASKS = "2g", 1024
LOCKED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}
# What a shell, and an engine, makes of a signal that ended a process.
SIGNALLED = 128


class Contained:
    """A container, with the names of `subprocess.Popen`. What it prints goes into a log as it comes."""

    def __init__(self, name: str, container: Container, network: DockerNetwork, log: Path) -> None:
        self._name = name
        self._container = container
        self._network = network
        self._log = log
        self.returncode: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._follow, name=f"log of {name}", daemon=True).start()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when it has ended."""
        self._ended.wait(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._name, timeout or 0.0)
        return self.returncode

    def send_signal(self, sig: int, /) -> None:
        """Send a signal to its first process, which hands it on."""
        with contextlib.suppress(*engine.ERRORS):  # one that has ended
            self._container.kill(signal=int(sig))

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Have the engine freeze it."""
        with _engine_errors("frozen"):
            self._container.pause()
        try:
            yield
        finally:
            with _engine_errors("thawed"):
                self._container.unpause()

    @contextlib.contextmanager
    def cut_off(self) -> Iterator[None]:
        """Take it off its network, and put it back under its name."""
        with _engine_errors("cut off"):
            self._network.disconnect(self._container)
        try:
            yield
        finally:
            with _engine_errors("connected"):
                self._network.connect(self._container, aliases=[self._name])

    def _follow(self) -> None:
        code = 1
        with self._log.open("ab", buffering=0) as log:
            try:
                for piece in self._container.logs(stream=True, follow=True):
                    log.write(piece)
            except engine.ERRORS as error:  # which need not be the end of what would have gone on writing
                log.write(f"{error}\n".encode())
            try:
                code = self._container.wait()["StatusCode"]
            except engine.ERRORS as error:  # the engine has gone, and with it all that could be known
                log.write(f"{error}\n".encode())
        number = code - SIGNALLED
        self.returncode = -number if number in set(signal.Signals) else code
        self._ended.set()


class Containers(Processes):
    """The parts of one run as containers; what is no part of a stack (a part without an image) is a process.

    `folder`, the evidence, has the same path inside as outside, and so has what is in `read`, which none writes to.

    Raises:
        EngineNotFoundError: no engine answers.
        StackError: an image cannot be had.
    """

    kind = "containers"

    def __init__(self, logs: Path, folder: Path, read: Sequence[Path], announce: Callable[[str], None]) -> None:
        self._client = engine.connect()
        self._announce = announce
        self._places = {str(folder.resolve()): "rw", **{str(path.resolve()): "ro" for path in read}}
        self._images: dict[Image, str] = {}
        self._user = _user(folder)
        super().__init__(logs, folder)

    def __enter__(self) -> Self:
        engine.sweep(self._client)
        self.remove_containers()
        if not testcontainers_config.ryuk_disabled:
            with _engine_errors("given testcontainers' reaper (TESTCONTAINERS_RYUK_DISABLED=true does without)"):
                Reaper.get_instance()  # once, and not by each of the parts that start together
        with _engine_errors("given a network"):
            self._network = Network(docker_network_kw={"labels": labels(self.run)}).create()
            self._network_itself = self._client.networks.get(self._network.name)
        return super().__enter__()

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        self._client.close()

    @staticmethod
    def listening(host: str = LOOPBACK) -> str:  # noqa: ARG004 - it is the network that keeps others out
        """Return the address at which a part listens: all that its container has."""
        return EVERYWHERE

    @staticmethod
    def address_of(part: str, port: int, host: str = LOOPBACK) -> str:  # noqa: ARG004 - as above
        """Return where other parts reach one: by its name, on the network of the run."""
        return f"{part}:{port}"

    @staticmethod
    def program(name: str, announce: Callable[[str], None]) -> Path:  # noqa: ARG004 - the image has it
        """Return what runs Prometheus or Alertmanager in its image."""
        return Path(name)

    def receiver(self, opened: contextlib.ExitStack, folder: Path) -> tuple[Inbox, list[Part]]:  # noqa: ARG002 - as above
        """Return what receives notifications, which is a part: the engine need not let containers reach its host."""
        port, file = self.ports.take(), folder / conventions.NOTIFICATIONS
        command = [*conventions.PYTHON, "-m", webhook.__name__, str(port), str(file)]
        part = Part(RECEIVER, command, {}, ready=f"http://{LOOPBACK}:{port}/", image=OURS, ports=(port,))
        return webhook.Delivered(self.address_of(RECEIVER, port), file), [part]

    def start(self, part: Part) -> Running:
        """Start one part, without waiting for it."""
        if part.image is None:
            return super().start(part)
        log = self._logs / f"{part.name}.log"
        log.touch()
        with _engine_errors("started", part.name):
            container = self._make_container(part).start().get_wrapped_container()
        return self._add(Running(part, log, Contained(part.name, container, self._network_itself, log)))

    def start_all(self, parts: Sequence[Part]) -> dict[str, Running]:
        """Start several parts at once and wait until each is ready."""
        for part in parts:
            self._reference(part.image)
        with ThreadPoolExecutor(len(parts)) as starting:
            started = dict(zip((part.name for part in parts), starting.map(self.start, parts), strict=True))
        for running in started.values():
            running.wait_ready()
        return started

    def _reference(self, image: Image | str | None) -> str:
        """Return by what the engine knows an image, which it then has."""
        if not isinstance(image, Image):
            return str(image)
        if image not in self._images:
            self._images[image] = ensure_image(self._client, image, self._announce)
        return self._images[image]

    def _make_container(self, part: Part) -> DockerContainer:
        """Return the container of a part, not yet started; what a user's own image runs as is the user's to say."""
        ours = part.image if isinstance(part.image, Image) else None
        made = DockerContainer(self._reference(part.image))
        made.with_network(self._network).with_network_aliases(part.name)
        made.with_envs(**part.environment)
        for place, mode in self._places.items():
            made.with_volume_mapping(place, place, mode)
        # On loopback alone, which testcontainers has no word for.
        published: dict[str, Any] = {f"{port}/tcp": (LOOPBACK, port) for port in part.ports}
        made.ports.update(published)
        settings: dict[str, Any] = {
            "labels": labels(self.run), "hostname": part.name, "mem_limit": MEMORY, "pids_limit": TASKS,
            "init": True,  # a signal is to end what would ignore it as process 1
            "healthcheck": {"test": ["NONE"]},  # whether a part is well is seen from outside
        }  # fmt: skip
        if part.directory:
            settings["working_dir"] = part.directory
        if ours:
            program, *arguments = part.command
            made.with_command(arguments).with_tmpfs_mount(SCRATCH)
            settings |= {"entrypoint": ours.program or _here(program), "user": self._user, **LOCKED}
        elif part.command:
            made.with_command(list(part.command))
        return made.with_kwargs(**settings)


def _here(program: str) -> str:
    """Return what a program is called in our image: Python is not where this one's is."""
    return "python" if program == sys.executable else program


def _user(folder: Path) -> str:
    """Return the user of our containers, uid:gid, to whom the folder belongs; root gives it away."""
    if os.getuid():
        return f"{os.getuid()}:{os.getgid()}"
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    return f"{NOBODY}:{NOBODY}"


@contextlib.contextmanager
def _engine_errors(what: str, name: str = "the stack") -> Iterator[None]:
    """Tell what the engine refuses as a fault of the stack."""
    try:
        yield
    except engine.ERRORS as error:
        raise StackError(f"{name} could not be {what}: {' '.join(str(error).split())}") from error
