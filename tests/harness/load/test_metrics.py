"""The load as metrics: what the writer holds, and that Locust answers scrapes while it goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from promdrill import conventions, wait
from promdrill.load.meter import Latencies
from promdrill.load.metrics import LoadMetrics
from promdrill.load.reporting import LedgerWriter, clock
from promdrill.options import Distribution
from promdrill.stack.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.harness.load.conftest import Load

Key = tuple[str, frozenset[str]]
Samples = dict[Key, float]


def key(name: str, *values: str) -> Key:
    """Return what tells a sample from all others: its name and the values of its labels."""
    return name, frozenset(values)


def samples(text: str) -> Samples:
    """Return the samples of a scrape."""
    return {
        key(sample.name.removeprefix("promdrill_load_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LedgerWriter]:
    """A writer in which a worker has written four requests and how it fares."""
    writer = LedgerWriter(tmp_path / "ledger", tmp_path / "report", ["due", "started", "finished", "opened", "closed"])
    row = {"user": "Buyer", "action": "buy", "due": 1.0, "started": 1.5}
    rows = [{**row, "outcome": "ok", "finished": 2.0}] * 3 + [{**row, "outcome": "error", "finished": 3.0}]
    arrivals = {"Buyer": {"due": 9, "dropped": 2, "lag": Latencies().pack(), "lag_p99": 0.004}}
    vitals = [{"at": 1.0, "cpu": 0.9, "late": 0.3}, {"at": 2.0, "cpu": 0.25, "late": 0.002}]
    for told, sampled in ((rows, vitals[:1]), ([], vitals[1:])):
        writer.take("one", {"clock": clock(), "rows": told, "samples": sampled, "arrivals": arrivals, "pid": 1})
    writer.lose("two")
    yield writer
    writer.close()


def test_times_of_another_machine(writer: LedgerWriter, tmp_path: Path) -> None:
    """Every time in a row is set to the clock of the writer; what did not come, and what is no time, stays as it is."""
    name, behind = clock()
    row = {"started": 1.0, "finished": 2.0, "opened": 1.5, "closed": None, "size": 7.0}
    told = {"clock": (f"not {name}", behind + 100), "rows": [row], "samples": [], "arrivals": {}, "pid": 2}
    writer.take("afar", told)
    writer.flush()
    written = json.loads((tmp_path / "ledger").read_text().splitlines()[-1])
    seen = [written["started"], written["finished"], written["opened"], written["closed"], written["size"]]
    assert seen == [pytest.approx(101), pytest.approx(102), pytest.approx(101.5), None, 7.0]


def test_samples_add_up(writer: LedgerWriter) -> None:
    """Each sample is told once, and all of them are in the writer."""
    assert [sample["cpu"] for sample in writer.processes["one"]["samples"]] == [0.9, 0.25]


def test_what_the_book_holds(writer: LedgerWriter) -> None:
    """Each count, each quantile and each sample of the writer is a sample of the scrape, and nothing else is."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LoadMetrics(writer, lambda: {"Buyer": 4}, lambda: "baseline"))
    seen = samples(generate_latest(registry).decode())
    of = ("Buyer", "buy")
    latencies: Samples = {}
    for name, usual, longest in (("intended_seconds", 1.0, 2.0), ("service_seconds", 0.5, 1.5)):
        latencies[key(f"{name}_count", *of)] = 4
        latencies[key(f"{name}_sum", *of)] = 3 * usual + longest
        latencies[key(name, *of, "0.5")] = usual
        latencies |= {key(name, *of, quantile): longest for quantile in ("0.9", "0.95", "0.99")}
    others = {
        key("requests_total", *of, "ok"): 3.0,
        key("requests_total", *of, "error"): 1.0,
        key("arrivals_total", "Buyer"): 9.0,
        key("arrivals_dropped_total", "Buyer"): 2.0,
        key("arrival_lag_seconds", "Buyer", "one"): 0.004,
        key("process_cpu_ratio", "one"): 0.25,
        key("process_late_seconds", "one"): 0.002,
        key("processes_lost"): 1.0,
        key("users", "Buyer"): 4.0,
        key("phase", "baseline"): 1.0,
    }
    assert seen == pytest.approx(latencies | others, rel=1e-3)


@pytest.fixture
def port() -> Iterator[int]:
    """A port for the metrics."""
    ports = Ports()
    yield ports.take()
    ports.release()


@pytest.mark.parametrize("processes", [1, 2])
def test_scraped_while_it_goes_on(loaded: Callable[..., Load], tmp_path: Path, port: int, processes: int) -> None:
    """The process that keeps the writer answers scrapes with what all processes of the load have done."""
    (tmp_path / "log").write_text("\n".join(["0.1"] * 12))
    users = {"Buyer": {"users": 5, "arrivals": {"replay": "log", "patience": "20s"}, "count": 1}}
    load = loaded(users, Distribution(processes), metrics=port)
    seen: Samples = {}

    def all_of_it() -> None:
        load.generator.check()
        seen.update(samples(httpx.get(f"http://{conventions.LOOPBACK}:{port}/metrics", timeout=10).text))
        if seen.get(key("requests_total", "Buyer", "buy", "ok"), 0) < 12:
            raise wait.NotYet(f"{seen}")
        if len([name for name, _ in seen if name == "process_cpu_ratio"]) < processes:
            raise wait.NotYet("a process has told no sample yet")

    wait.until(all_of_it, what="a scrape with all of it", seconds=20)
    assert seen[key("users", "Buyer")] == 5
    assert seen[key("phase", "baseline")] == 1
    assert seen[key("arrivals_total", "Buyer")] == 12
    load.stop()
    assert seen[key("intended_seconds_count", "Buyer", "buy")] == len(load.rows()) == 12
