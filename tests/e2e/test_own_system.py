"""A system that is nothing of ours: the example of the documentation, drilled in each way that an app can be had."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from promdrill import conventions, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.command import Command

EXAMPLE = conventions.ROOT / "docs" / "examples" / "haiku"
PAGE = conventions.ROOT / "docs" / "own-system.md"
IMAGE = "promdrill-test-haiku"
BASE_IMAGE = "PROMDRILL_TEST_IMAGE"


def read(path: Path) -> Any:  # noqa: ANN401 - whatever the YAML or JSON holds
    """Return what a file of YAML (JSON is some) holds."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def write(path: Path, data: Any) -> None:  # noqa: ANN401 - whatever YAML can hold
    """Write a file of YAML."""
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def vary(folder: Path, name: str, **ports: int) -> None:
    """Change the drill as one of the example's variants says, with other ports in it."""
    drill, text = read(folder / "drill.yml"), (folder / name).read_text(encoding="utf-8")
    for documented, port in ports.items():
        text = text.replace(documented.removeprefix("p"), str(port))
    variant = yaml.safe_load(text)
    drill["fakes"] |= variant.get("fakes", {})
    drill["app"] = variant["app"]
    write(folder / "drill.yml", drill)


def passed(command: Command, verdict: Path) -> None:
    """Hold that a full drill passed, with each claim looked at and the alert lived through, and left nothing behind."""
    command.concludes(0)
    told = read(verdict)
    assert {result["status"] for result in told["results"]} == {"passed"}
    assert told["coverage"] == {"claims": 17, "checked": 17, "gaps": [], "undrilled": []}
    (alert,) = told["alerts"]
    assert [state for state, _ in alert["states"]] == ["inactive", "pending", "firing", "resolved"]
    command.nothing_left()


@pytest.mark.e2e
@pytest.mark.usefixtures("haiku")
def test_an_app_by_its_command(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """The example passes a whole drill as it stands."""
    passed(promdrill("run", "./haiku", "--json", "v.json"), tmp_path / "v.json")


def free_ports(count: int) -> list[int]:
    """Return ports on which nothing listens now."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server((conventions.LOOPBACK, 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def serving(folder: Path, port: int, ollama: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the example's app, as a user's own supervisor does."""
    environment = {**os.environ, "PORT": str(port), "OLLAMA_HOST": f"http://{conventions.LOOPBACK}:{ollama}"}
    with (
        (folder / "app.log").open("wb") as log,
        subprocess.Popen([sys.executable, "app.py"], cwd=folder, env=environment, stdout=log, stderr=log) as app,
    ):

        def answers() -> None:
            try:
                httpx.get(f"http://{conventions.LOOPBACK}:{port}/metrics", trust_env=False)
            except httpx.HTTPError as error:
                raise wait.NotYet(repr(error)) from None

        try:
            wait.until(answers, what="the app serves", seconds=30)
            yield app
        finally:
            app.terminate()


@pytest.mark.e2e
def test_an_app_that_runs_already(promdrill: Callable[..., Command], haiku: Path, tmp_path: Path) -> None:
    """An app is drilled where it is, a second time too, and goes on afterwards."""
    port, ollama = free_ports(2)
    vary(haiku, "drill.address.yml", p8080=port, p11434=ollama)
    # What the documents promise is the port that is drilled.
    for name in ("monitoring.md", "contract.yml"):
        text = (haiku / name).read_text(encoding="utf-8")
        (haiku / name).write_text(text.replace("8080", str(port)), encoding="utf-8")
    with serving(haiku, port, ollama) as app:
        passed(promdrill("run", "./haiku", "--json", "v.json"), tmp_path / "v.json")
        again = promdrill("run", "./haiku", "--short")
        again.concludes(0)
        assert app.poll() is None


@pytest.mark.parametrize(
    ("routing", "said"),
    [
        ("route: {receiver: nobody}\nreceivers:\n- name: chat\n", "alertmanager.yml:1: there is no receiver 'nobody'"),
        (
            "route: {receiver: chat}\nreceivers:\n- name: chat\n  pager_configs: []\n",
            "alertmanager.yml:4: Alertmanager: ",
        ),
    ],
)
def test_a_broken_alertmanager(promdrill: Callable[..., Command], haiku: Path, routing: str, said: str) -> None:
    """An Alertmanager's configuration that could not be run is refused before anything starts, with file and line."""
    (haiku / "alertmanager.yml").write_text(routing, encoding="utf-8")
    command = promdrill("run", "./haiku")
    assert command.ended() == 2
    assert said in command.said()


def test_an_app_that_runs_already_finds_the_fakes(promdrill: Callable[..., Command], haiku: Path) -> None:
    """Without a port for each fake that it calls, the drill is refused before anything starts."""
    vary(haiku, "drill.address.yml")
    drill = read(haiku / "drill.yml")
    del drill["fakes"]["ports"]
    write(haiku / "drill.yml", drill)
    command = promdrill("run", "./haiku")
    assert command.ended() == 2
    assert "an app that runs already finds no fake ollama on just any port" in command.said()
    assert "fakes.ports: {ollama: PORT}" in command.said()


@pytest.fixture
def image(haiku: Path) -> Iterator[None]:
    """Build the example's image on a base that has Python."""
    base = os.environ.get(BASE_IMAGE)
    if not base:
        pytest.skip(f"{BASE_IMAGE} names no image with Python to build the example's on")
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no Docker engine answers here")
    subprocess.run(["docker", "build", "--build-arg", f"BASE={base}", "--tag", IMAGE, str(haiku)], check=True)
    yield
    subprocess.run(["docker", "image", "rm", IMAGE], check=True)


@pytest.mark.e2e
@pytest.mark.usefixtures("image")
def test_an_app_by_its_image(promdrill: Callable[..., Command], haiku: Path, tmp_path: Path) -> None:
    """A container is drilled like a process, and is gone afterwards."""
    vary(haiku, "drill.image.yml")
    drill = read(haiku / "drill.yml")
    drill["app"]["image"] = IMAGE
    write(haiku / "drill.yml", drill)
    passed(promdrill("run", "./haiku", "--json", "v.json"), tmp_path / "v.json")
    listed = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", f"ancestor={IMAGE}"], capture_output=True, check=True
    )
    assert listed.stdout == b""


@pytest.mark.e2e
def test_an_app_that_counts_wrongly(promdrill: Callable[..., Command], haiku: Path, tmp_path: Path) -> None:
    """Tokens that are not read from the model's answer are found out, and nothing else is blamed."""
    app = haiku / "app.py"
    text = app.read_text(encoding="utf-8")
    app.write_text(text.replace("inc(haiku.eval_count)", "inc(len(haiku.response) / 4)"), encoding="utf-8")
    command = promdrill("run", "./haiku", "--short", "--json", "v.json")
    assert command.ended() == 1, command.said()
    failed = [result for result in read(tmp_path / "v.json")["results"] if result["status"] == "failed"]
    assert [(result["kind"], result["subject"]) for result in failed] == [("counter", "haiku_tokens_total")]


@pytest.mark.e2e
@pytest.mark.usefixtures("haiku")
def test_what_nobody_can_witness(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """A metric without a witness is inconclusive and says so; a waiver tells why that is accepted."""
    promdrill("run", "./haiku", "--short", "--evidence", "e").concludes(0)
    path = tmp_path / "e" / "scenario" / "contract.yml"
    contract = read(path)
    del contract["metrics"]["haiku_open"]["witness"]

    def judged(waivers: dict[str, Any], code: int) -> tuple[str, str]:
        write(path, {**contract, **waivers})
        command = promdrill("replay", "e", "--json", f"{code}.json")
        assert command.ended() == code, command.said()
        results = read(tmp_path / f"{code}.json")["results"]
        (result,) = [result for result in results if (result["kind"], result["subject"]) == ("gauge", "haiku_open")]
        return result["status"], result["message"]

    unwitnessed = "haiku_open is unwitnessed: the contract names no ledger for it"
    assert judged({}, 3) == ("inconclusive", unwitnessed)
    waivers = read(EXAMPLE / "waivers.yml")
    why = waivers["waivers"][0]["reason"]
    assert judged(waivers, 0) == ("waived", f"{unwitnessed} (waived until 2999-12-31: {why})")


SNIPPET = re.compile(r"^```(?:yaml|python|markdown|dockerfile)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS = SNIPPET.findall(PAGE.read_text(encoding="utf-8"))
FILES = {path.name: path.read_text(encoding="utf-8") for path in EXAMPLE.iterdir() if path.is_file()}


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_the_page_shows_the_files(snippet: str) -> None:
    """Each snippet of the page stands in a file of the example, to the letter."""
    assert [name for name, text in FILES.items() if snippet in text]


# What other pages are about: docs/kubernetes.md, docs/load.md and docs/pytest.md.
ELSEWHERE = {"kustomization.yaml", "kubernetes.yml", "drill.kubernetes.yml", "load.yml", "conftest.py", "test_haiku.py"}


@pytest.mark.parametrize("name", sorted(FILES.keys() - ELSEWHERE))
def test_the_page_shows_each_file(name: str) -> None:
    """Of each file that a reader has to write, the page shows something."""
    assert [snippet for snippet in SNIPPETS if snippet in FILES[name]]
