"""A load that a Prometheus watches which is there already: one with a password, and one behind a tenant's header."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest

from promdrill import conventions, wait
from promdrill.errors import PromdrillError, StackError, UsageError
from promdrill.evidence.external import PrometheusAddress
from promdrill.stack import binaries
from promdrill.stack.external_prometheus import ExternalPrometheus
from promdrill.stack.part import Part
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.command import Command

pytestmark = pytest.mark.e2e
PASSWORD = "s3cret-word"
HASHED = "$2b$04$8NoDWfuTsC.IKw255hR3seLaPCaiMBwBJe4XfhOFYnE2Xq5q.yf2C"
TENANT = "team-s3cret"
JOB = conventions.APP_JOB
# Slower than the drill's own, and a second job of the same app, whose series have the same names.
CONFIGURATION = """
global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}
scrape_configs:
  - job_name: {job}
    static_configs: [{{targets: ["127.0.0.1:{app}"], labels: {{namespace: shop, pod: haiku-0}}}}]
  - job_name: another
    static_configs: [{{targets: ["127.0.0.1:{app}"]}}]
"""
PROFILE = """
warm_up: 1s
measure: 2s
load:
  Reader: {users: 20, arrivals: {rate: 15}, count: 1}
"""


@dataclass(frozen=True)
class Theirs:
    """Where the Prometheus is, the proxy before it, and the app that it scrapes."""

    port: int
    proxy: int
    app: int

    def options(self, way: str, password: str = PASSWORD, tenant: str = TENANT) -> list[str]:
        """Return the options that lead to it by one of the two ways."""
        if way == "password":
            return ["--prometheus-url", f"http://drill:{password}@127.0.0.1:{self.port}"]
        return [
            "--prometheus-url",
            f"http://127.0.0.1:{self.proxy}/prometheus/",
            "--prometheus-header",
            f"X-Scope-OrgID: {tenant}",
        ]


def proxy(prometheus: int) -> type[BaseHTTPRequestHandler]:
    """Return a proxy that lets a tenant in, below a path as Mimir has it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.headers["X-Scope-OrgID"] != TENANT:
                self._answer(httpx.Response(401, text="no org id"))
                return
            answer = httpx.post(
                f"http://127.0.0.1:{prometheus}{self.path.removeprefix('/prometheus')}",
                content=self.rfile.read(int(self.headers["Content-Length"])),
                headers={"Content-Type": self.headers["Content-Type"]},
                auth=("drill", PASSWORD),
                trust_env=False,
            )
            self._answer(answer)

        def _answer(self, answer: httpx.Response) -> None:
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theirs]:
    """A Prometheus that the tests, not promdrill, have started, and that has made its first scrapes."""
    folder = tmp_path_factory.mktemp("theirs")
    with Processes(folder) as processes:
        port, app = processes.ports.take(), processes.ports.take()
        (folder / "prometheus.yml").write_text(CONFIGURATION.format(job=JOB, app=app))
        (folder / "web.yml").write_text(f"basic_auth_users: {{drill: '{HASHED}'}}\n")
        command = [
            str(binaries.find("prometheus").path),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--web.config.file={folder / 'web.yml'}",
            f"--web.listen-address=127.0.0.1:{port}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
        ]
        processes.start(Part("theirs", command, {}))
        with ThreadingHTTPServer(("127.0.0.1", 0), proxy(port)) as server:
            Thread(target=server.serve_forever).start()
            try:
                found = Theirs(port, server.server_port, app)
                wait.until(lambda: _scraped(found), what="first scrapes", seconds=60, alive=processes.alive)
                yield found
            finally:
                server.shutdown()


def _scraped(theirs: Theirs) -> None:
    with closing(ExternalPrometheus(_existing(theirs.options("password")), JOB)) as borrowed:
        try:
            borrowed.check("the app")
        except StackError as error:
            raise wait.NotYet(str(error)) from None


def _existing(options: list[str]) -> PrometheusAddress:
    return PrometheusAddress.parse(options[1], options[3:])


@pytest.fixture
def haiku(tmp_path: Path, theirs: Theirs) -> None:
    """Put a copy of the example there, on the port where it is scraped, and a profile beside it."""
    shutil.copytree(conventions.ROOT / "docs" / "examples" / "haiku", tmp_path / "haiku")
    drill = tmp_path / "haiku" / "drill.yml"
    drill.write_text(drill.read_text().replace("port: 8080", f"port: {theirs.app}"))
    (tmp_path / "open.yml").write_text(PROFILE)


@pytest.mark.usefixtures("haiku")
@pytest.mark.parametrize("way", ["password", "tenant"])
def test_a_load_is_reconciled_with_it(
    promdrill: Callable[..., Command], tmp_path: Path, theirs: Theirs, way: str
) -> None:
    """All counts are exact by what it holds of the app's job; no secret is kept; a replay needs it no more."""
    reports = ("--json", "v.json", "--evidence", "e")
    command = promdrill("load", "./haiku", "--profile", "open.yml", *theirs.options(way), *reports)
    command.concludes(0)
    command.nothing_left()
    verdict = json.loads((tmp_path / "v.json").read_text())
    found = {f"{result['kind']}: {result['subject']}": result for result in verdict["results"]}
    assert {"passed"} == {result["status"] for result in found.values()}
    assert found["counter: haiku_requests_total"]["evidence"]["prometheus"] >= 30
    run = json.loads((tmp_path / "e" / "run.json").read_text())
    place = f"http://127.0.0.1:{theirs.port}" if way == "password" else f"http://127.0.0.1:{theirs.proxy}/prometheus"
    assert (run["prometheus"], run["scrape_interval"], run["foreign"]) == (place, 0.5, ["namespace", "pod"])
    assert not (tmp_path / "e" / "logs" / "prometheus.log").exists()
    for path in [command.output, *(path for path in (tmp_path / "e").rglob("*") if path.is_file())]:
        assert b"s3cret" not in path.read_bytes(), path
    again = promdrill("replay", "e", "--json", "again.json")
    again.concludes(0)
    assert json.loads((tmp_path / "again.json").read_text()) == verdict


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--prometheus-header", "X: y"), 2, "--prometheus-header needs --prometheus-url"),
        (("--worker", "--master-host", "h", "--prometheus-url", "http://h"), 2, "a --worker does not query Prometheus"),
        (("--prometheus-url", "http://127.0.0.1:1"), 3, "Prometheus at http://127.0.0.1:1 cannot be reached"),
    ],
)
def test_what_is_wrong_is_told_before_anything_starts(
    promdrill: Callable[..., Command], options: tuple[str, ...], code: int, said: str
) -> None:
    """Wrong use ends with 2, a Prometheus that is not there with 3; no load is made."""
    command = promdrill("load", "haiku" if code == 2 else str(conventions.ROOT / "docs/examples/haiku"), *options)
    assert command.ended() == code, command.said()
    assert said in " ".join(command.said().split())
    command.nothing_left()


@pytest.mark.parametrize("way", ["password", "tenant"])
def test_it_lets_nobody_in(theirs: Theirs, way: str) -> None:
    """Who has not what opens it is told so, and what to give, without a word of what was given."""
    error = _refused(_existing(theirs.options(way, "wrong-word", "wrong-word")), JOB)
    assert isinstance(error, UsageError)
    assert "refused access (401)" in str(error)
    assert "wrong-word" not in str(error)


def test_it_scrapes_no_such_job(theirs: Theirs) -> None:
    """Where it has no scrape of the job, its own jobs are told, and what to add."""
    assert str(_refused(_existing(theirs.options("password")), "shop")) == (
        f"Prometheus at http://127.0.0.1:{theirs.port} has made no scrape of a job 'shop' in the last 5m; its jobs:"
        f" another, {JOB}. Configure it to scrape 127.0.0.1:1/metrics under `job_name: shop`"
    )


def test_there_is_something_else(theirs: Theirs) -> None:
    """What answers, but not with its API, is told from what cannot be reached."""
    error = _refused(PrometheusAddress.parse(f"http://drill:{PASSWORD}@127.0.0.1:{theirs.port}/mimir", []), JOB)
    assert isinstance(error, UsageError)
    assert "does not answer /api/v1/query as Prometheus does (404): is there a path before it" in str(error)


def test_its_clock_is_another(theirs: Theirs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples with a clock that is not ours would be cut at the wrong time: nothing is begun."""
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 60)
    error = _refused(_existing(theirs.options("password")), JOB)
    assert isinstance(error, StackError)
    assert "ahead of this machine's: use the same time server on both machines" in str(error)


def _refused(existing: PrometheusAddress, job: str) -> PromdrillError:
    with closing(ExternalPrometheus(existing, job)) as borrowed, pytest.raises(PromdrillError) as raised:
        borrowed.check("127.0.0.1:1/metrics")
    return raised.value
