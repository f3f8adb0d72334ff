"""The users of ai_shorts: who writes, who reads, and who comes only when something is wrong.

Beside the row of each request there is one for each job (`job`) and each batch (`batch`) in it, as the answer tells of
them: a job has a type, a prompt and its error's code.
"""

from __future__ import annotations

import time
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar

import gevent

from promdrill.load import Case, DrillUser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from locust.contrib.fasthttp import FastResponse

# What must never reach the log: texts that the contract names as planted.
SECRET = "sk-planted-4f1d9c2b7a60"  # noqa: S105 - it is planted
ADDRESS = "planted@example.org"
PROMPT = "the heir is planted"
# What many want, one of them more than the other. A storyboard is what batches alone have newly written.
TOPICS = ("a storm at sea", "a storm at sea", "a storm at sea", "a lost letter")
POPULAR = tuple(
    {"job_type": job_type, "prompt": f"A {job_type} about {topic}"}
    for job_type in ("script", "caption", "storyboard", "outline")
    for topic in TOPICS
)
# So many jobs fill a cold cache: until then most look-ups miss, and nobody wants anything new.
WARM = 60
USERS_TURNS = 25


class WritingUser(DrillUser):
    """Has texts written, and remembers what can be read since."""

    abstract = True
    known: ClassVar[dict[str, list[str]]] = {"jobs": [], "batches": []}

    @property
    def who(self) -> str:
        """The user's name to the app: another one every few turns, so that users come and go."""
        return f"{type(self).__name__}-{self._number // USERS_TURNS}"

    def fresh(self, job_type: str) -> Case:
        """Return a job that nobody has handed in before; its prompt holds what must stay secret."""
        while len(self.known["jobs"]) < WARM:
            gevent.sleep(0.1)
        prompt = f"A {job_type} about {self.new_trace()}, where {PROMPT}; write to {ADDRESS}, the key is {SECRET}"
        return {"job_type": job_type, "prompt": prompt}

    def job(self, order: Case, trace: str | None = None) -> None:
        """Hand in one job, as the request of that id or of a new one."""
        trace, started = trace or self.new_trace(), time.monotonic()
        answer = self._post("job", {**order, "user": self.who}, trace, 1).json()
        error = answer["error"] and answer["error"]["code"]
        # Of the same trace: whatever the model was asked in it, was asked for this job.
        self._job(order, error, started, trace, f"{trace}:job")
        self.known["jobs"].append(answer["id"])

    def batch(self, orders: Sequence[Case]) -> str:
        """Hand in several jobs at once; return what became of them."""
        trace, started = self.new_trace(), time.monotonic()
        answer = self._post("batch", {"user": self.who, "jobs": orders}, trace, len(orders)).json()
        error, result = answer["error"] and answer["error"]["code"], str(answer["status"])
        self.record(
            "batch",
            trace=trace,
            operation=f"{trace}:batch",
            started=started,
            finished=time.monotonic(),
            outcome="error" if error else "ok",
            error=error,
            result=result,
        )
        for order, ended in zip(orders, answer["jobs"], strict=True):
            # Of a trace of its own: which of the batch's calls were made for this job, nobody can tell.
            self._job(order, ended["error"], started, self.new_trace(), None)
        self.known["batches"].append(answer["id"])
        return result

    def _post(self, what: str, body: Mapping[str, Any], trace: str, jobs: int) -> FastResponse:
        return self.send(
            f"post_{what}",
            "POST",
            {"job": "/jobs", "batch": "/batches"}[what],
            json=body,
            headers={"X-Request-ID": trace, "Authorization": f"Bearer {SECRET}"},
            context={"jobs": jobs, "who": self.who, "planted": True},
        )

    def _job(self, order: Case, error: str | None, started: float, trace: str, operation: str | None) -> None:
        self.record(
            "job",
            trace=trace,
            operation=operation,
            started=started,
            finished=time.monotonic(),
            outcome="error" if error else "ok",
            error=error,
            **order,
        )


class JobUser(WritingUser):
    """Wants what others want, too: most of it is in the cache."""

    cases = POPULAR

    def turn(self, case: Case) -> None:
        """Hand in a popular job."""
        self.job(case)


class FreshUser(WritingUser):
    """Has something new written."""

    cases = ({"job_type": "script"}, {"job_type": "caption"})

    def turn(self, case: Case) -> None:
        """Hand in a new job."""
        self.job(self.fresh(case["job_type"]))


class LongUser(WritingUser):
    """Has something written that takes long: the fault `long_ones` knows its requests by their ids."""

    def turn(self, case: Case) -> None:  # noqa: ARG002 - they are all alike
        """Hand in a new job."""
        self.job(self.fresh("script"), f"long-{self._number}")


class BatchUser(WritingUser):
    """Hands in a new storyboard with a popular script and caption to it."""

    cases = tuple({"others": POPULAR[number : number + 5 : 4]} for number in range(4))

    def turn(self, case: Case) -> None:
        """Hand in three jobs."""
        self.batch([self.fresh("storyboard"), *case["others"]])


class LostBatchUser(WritingUser):
    """Hands in batches of one storyboard until one has failed, and then reads that one again and again."""

    lost: ClassVar[list[str]] = []

    def turn(self, case: Case) -> None:  # noqa: ARG002 - they are all alike
        """Hand in a new storyboard, or read the batch that failed."""
        if self.lost:
            self.send("read", "GET", f"/batches/{self.lost[0]}", context={})
        elif self.batch([self.fresh("storyboard")]) == "failed":
            self.lost.append(self.known["batches"][-1])


class ImpatientUser(WritingUser):
    """Takes the next turn without waiting for what the last one handed in, so that slow answers pile up."""

    abstract = True
    concurrency = 200  # connections: Locust's own limit is 10
    orders: tuple[str, int]

    def turn(self, case: Case) -> None:  # noqa: ARG002 - they are all alike
        """Hand in a batch of new jobs."""
        job_type, jobs = self.orders
        # The copy keeps the number of this turn, which its rows will have, while others follow.
        gevent.spawn(copy(self).batch, [self.fresh(job_type) for _ in range(jobs)])


class SlowUser(ImpatientUser):
    """Has outlines written, while they take long."""

    orders = ("outline", 4)


class SurgeUser(ImpatientUser):
    """Is many users at once, with two scripts each."""

    orders = ("script", 2)


class ReaderUser(WritingUser):
    """Reads what was written, and sometimes asks for what is not there, or in a way that is refused."""

    cases = (*({"kind": "jobs"},) * 6, *({"kind": "batches"},) * 2, {"kind": "lost"}, {"kind": "refused"})

    def turn(self, case: Case) -> None:
        """Send one request."""
        kind = case["kind"]
        there = self.known.get(kind)
        if kind == "refused":
            order = {**self.fresh("script"), "user": ADDRESS}
            self.send("refused", "POST", "/jobs", json=order, context={"planted": True})
        elif there:
            self.send("read", "GET", f"/{kind}/{there[self._number % len(there)]}", context={})
        else:
            self.send("read", "GET", f"/jobs/{SECRET}", context={"planted": True})


class CrowdUser(DrillUser):
    """Comes with many others at the same time, and asks how the app is, which takes as long as its model server."""

    cases = ({"own": True}, {"own": False})

    def turn(self, case: Case) -> None:
        """Send one request, every other time with a trace id of its own; not all in the same millisecond."""
        gevent.sleep(0.006 * self._number)
        headers = {"X-Trace-ID": self.new_trace()} if case["own"] else {}
        self.send("health", "GET", f"/health?key={SECRET}", headers=headers, context={"planted": True})
