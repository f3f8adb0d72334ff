"""Locust itself, alone and in several processes: the open model, and that nothing is lost when all is added up."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from promdrill import wait
from promdrill.conventions import LOOPBACK
from promdrill.errors import LoadAbortedError
from promdrill.load.generator import locust_worker
from promdrill.load.meter import Latencies, Meter
from promdrill.options import Distribution
from promdrill.stack.processes import Processes
from tests.harness.load.conftest import scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness.load.conftest import Load, Shop

ENGINES = [Distribution(), Distribution(processes=2)]


@pytest.mark.parametrize("engine", ENGINES, ids=["alone", "two processes"])
def test_every_row_is_kept(loaded: Callable[..., Load], shop: Shop, engine: Distribution) -> None:
    """Ledger and histograms have each request that the server saw, once, however many processes there are."""
    users = {"Buyer": {"users": 4, "every": "20ms", "count": 1}, "Other": {"users": 3, "every": "20ms", "count": 1}}
    load = loaded(users, engine)
    load.await_rows(300)
    report = load.stop()
    rows = load.rows()
    assert Counter(row["trace"] for row in rows) == Counter(shop.seen)
    assert [row["seq"] for row in rows] == list(range(len(rows)))
    turns = Counter((row["user"], row["turn"]) for row in rows)
    assert set(turns.values()) == {1}
    assert (len(report["processes"]), report["lost"]) == (engine.processes, [])
    kinds = Meter.unpack(report["measured"]).kinds
    assert {kind: one.requests for kind, one in kinds.items()} == Counter((row["user"], row["action"]) for row in rows)


def test_a_bounded_run_takes_each_turn_once(loaded: Callable[..., Load]) -> None:
    """In a short run each class takes just as many turns as it is asked for, then Locust ends by itself."""
    users = {"Buyer": {"users": 4, "every": "1s", "count": 21}, "Other": {"users": 3, "every": "1s", "count": 10}}
    load = loaded(users, Distribution(), short=True)
    load.generator.wait()
    turns = {name: sorted(row["turn"] for row in load.rows() if row["user"] == name) for name in users}
    assert turns == {"Buyer": list(range(21)), "Other": list(range(10))}


def test_a_stall_is_seen_by_the_open_model_alone(loaded: Callable[..., Load], shop: Shop) -> None:
    """While nothing is answered, closed users wait with one request each, and arrivals go on to be due.

    What a closed model calls one slow request for each of its users, an open one counts for each who would have come.
    """
    users = {
        "Buyer": {"users": 10, "every": "200ms", "count": 1},
        "Other": {"users": 200, "arrivals": {"rate": 50, "patience": "20s"}, "count": 1},
    }
    load = loaded(users, Distribution())
    load.await_rows(100)
    shop.open.clear()
    wait.until(lambda: _waiting(shop, load, 110), what="requests wait", seconds=20)
    shop.open.set()
    load.await_rows(len(shop.seen) + 50)
    report = load.stop()
    slow = Counter(row["user"] for row in load.rows() if row["finished"] - row["due"] > 0.3)
    assert slow["Buyer"] <= 10
    assert slow["Other"] >= 50
    arrivals = report["processes"]["local"]["arrivals"]["Other"]
    assert arrivals["due"] == sum(row["user"] == "Other" for row in load.rows())
    assert arrivals["dropped"] == 0
    assert Latencies.unpack(arrivals["lag"]).count >= arrivals["due"]


def _waiting(shop: Shop, load: Load, count: int) -> None:
    if (waiting := len(shop.seen) - len(load.rows())) < count:
        raise wait.NotYet(f"{waiting} wait")


def test_what_the_pool_cannot_take_is_dropped_and_counted(loaded: Callable[..., Load], shop: Shop) -> None:
    """While both users wait for an answer, arrivals wait for their patience and are then counted as dropped."""
    users = {"Buyer": {"users": 2, "arrivals": {"rate": 100, "patience": "50ms"}, "count": 1}}
    load = loaded(users, Distribution())
    load.await_rows(50)
    shop.open.clear()
    before = len(load.rows())
    wait.until(lambda: _waiting(shop, load, 2), what="both users wait", seconds=20)
    wait.hold(1.0)
    shop.open.set()
    load.await_rows(before + 10)
    arrivals = load.stop()["processes"]["local"]["arrivals"]["Buyer"]
    assert arrivals["dropped"] >= 50
    assert arrivals["due"] - arrivals["dropped"] == len(load.rows())


def test_journeys_and_replay(loaded: Callable[..., Load], tmp_path: Any) -> None:  # noqa: ANN401 - pytest's own
    """A recorded log is replayed, each turn one of the class's journeys as often as it weighs."""
    (tmp_path / "log").write_text("\n".join(["0.1"] * 12))
    users = {"Buyer": {"users": 3, "arrivals": {"replay": "log"}, "count": 1, "journeys": {"turn": 1, "look": 3}}}
    load = loaded(users, Distribution())
    load.await_rows(12)
    arrivals = load.stop()["processes"]["local"]["arrivals"]["Buyer"]
    assert Counter(row["action"] for row in load.rows()) == {"look": 9, "buy": 3}
    assert (arrivals["due"], arrivals["dropped"]) == (12, 0)


def test_a_lost_process_is_named(loaded: Callable[..., Load], tmp_path: Any) -> None:  # noqa: ANN401 - pytest's own
    """A worker that is killed in mid-run is in the report as lost, and the others' rows are all there."""
    load = loaded({"Buyer": {"users": 4, "every": "50ms", "count": 1}}, Distribution(processes=2))
    load.await_rows(50)
    master = load.generator.running.process.pid
    children = [int(pid) for pid in _read(f"/proc/{master}/task/{master}/children").split()]
    os.kill(children[-1], signal.SIGKILL)
    report = load.stop()
    assert len(report["lost"]) == 1
    assert json.loads((tmp_path / "ledgers" / "client.jsonl").read_text().splitlines()[-1])["user"] == "Buyer"


def test_a_worker_elsewhere_does_what_its_master_says(loaded: Callable[..., Load], tmp_path: Path) -> None:
    """The users of the master's load act, and no other of those that the worker's own drill has."""
    buyers = {"Buyer": {"users": 4, "every": "50ms", "count": 1}}
    others = {"Other": {"users": 3, "every": "50ms", "count": 1}}
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with Processes(folder) as there:
        master = (LOOPBACK, there.ports.take())
        there.start(locust_worker(scenario(tmp_path, {**others, **buyers}), master, 1, folder))
        load = loaded(buyers, Distribution(workers=1, port=master[1]))
        load.await_rows(20)
        report = load.stop()
    assert ({row["user"] for row in load.rows()}, report["lost"]) == ({"Buyer"}, [])


NEIGHBOURS = """
import pool
import types
from pathlib import Path

from shop import ITEM

assert Path(pool.__file__).parent == Path(__file__).parent, pool.__file__
assert types.FunctionType, "the standard library's own"
Buyer.cases = ({"item": ITEM},)
"""


def test_users_import_what_lies_beside_them(
    loaded: Callable[..., Load], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The users' file imports its neighbours, one of a name of ours too; none comes before the standard library."""
    (tmp_path / "pool.py").touch()
    (tmp_path / "shop.py").write_text("ITEM = 2\n")
    for name in ("types", "random", "statistics", "queue", "harness", "promdrill"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('the {name} of the user')\n")
    with (tmp_path / "users.py").open("a", encoding="utf-8") as users:
        users.write(NEIGHBOURS)
    monkeypatch.chdir(tmp_path)
    load = loaded({"Buyer": {"users": 1, "every": "20ms", "count": 1}}, Distribution())
    load.await_rows(3)
    load.stop()
    assert {row["item"] for row in load.rows()} == {2}


# Its runner is not yet there when the master says that it is to begin, as on a machine that is busy.
SLOW = """
import gevent
from locust.runners import WorkerRunner

connect = WorkerRunner.connect_to_master


def slowly(runner):
    connect(runner)
    gevent.sleep(3)


WorkerRunner.connect_to_master = slowly
"""


def test_a_worker_that_is_slow_to_start(loaded: Callable[..., Load], tmp_path: Path) -> None:
    """One that is told to begin before it is there takes its share all the same, and no other."""
    with (tmp_path / "users.py").open("a", encoding="utf-8") as users:
        users.write(SLOW)
    load = loaded({"Buyer": {"users": 4, "every": "20ms", "count": 1}}, Distribution(processes=2))
    load.await_rows(60)
    report = load.stop()
    turns = sorted(row["turn"] for row in load.rows())
    assert (len(report["processes"]), report["lost"], turns) == (2, [], sorted(set(turns)))


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel
        return file.read()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_threshold_ends_the_load(loaded: Callable[..., Load], tmp_path: Any, processes: int) -> None:  # noqa: ANN401 - pytest's own
    """A threshold that may end the load does, once its grace is over, and every request is accounted for."""
    thresholds = [
        {"that": "rate(failures) < 1%", "abort": True},
        {"that": "count(requests) < 40", "of": {"item": 3}, "abort": True, "grace": "100ms"},
    ]
    users = {"Buyer": {"users": 4, "every": "20ms", "count": 1}}
    load = loaded(users, Distribution(processes=processes), thresholds=thresholds)
    load.generator.phase("baseline")
    with pytest.raises(LoadAbortedError, match=r"count\(requests\) < 40 \(item=3\)"):
        wait.until(lambda: _going_on(load), what="the load ended", seconds=30)
    assert json.loads((tmp_path / "aborted").read_text())["value"] >= 40
    report = load.stop()
    assert sum(one.requests for one in Meter.unpack(report["measured"]).kinds.values()) == len(load.rows())


def _going_on(load: Load) -> None:
    load.generator.check()
    raise wait.NotYet("it goes on")
