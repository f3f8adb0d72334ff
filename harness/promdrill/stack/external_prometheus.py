"""A Prometheus that is there already, in place of the stack's own: it is asked, and never told what to do."""

from __future__ import annotations

import email.utils
import statistics
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import httpx

from promdrill import wait
from promdrill.errors import EvidenceError, StackError, UsageError
from promdrill.evidence.increase import TARGET_LABELS
from promdrill.evidence.prometheus_api import PrometheusApi, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence.external import PrometheusAddress
    from promdrill.evidence.prometheus_api import Series

# How far back it is asked for scrapes: longer than Prometheus' own default of one a minute, several times.
BACK = "5m"
# Samples carry its clock, and everything else ours. Answers tell theirs in whole seconds.
CLOCKS_APART = 2.0
# It is not ours to ask twenty times a second.
LOOK_SECONDS = 0.5
# How long the first scrapes may take while the interval is not known: two of one a minute, and what delays them.
FIRST_SECONDS = 150.0
# How many further scrapes may fail before they are taken for what the app does, and what delays an answer.
MORE_SCRAPES = 3
SLACK_SECONDS = 20.0


class ExternalPrometheus:
    """What a run needs of it: that it scrapes the app, how often, and which labels it adds."""

    def __init__(self, address: PrometheusAddress, job: str) -> None:
        self._client = address.client()
        self.address = address
        self.api = PrometheusApi(address.url, self._client)
        self._job = job
        self.interval = 0.0
        self.foreign: tuple[str, ...] = ()

    def close(self) -> None:
        """Close the connections."""
        self.api.close()

    def check(self, app: str) -> None:
        """Make sure that it answers, by a clock like ours, and scrapes the app's job already.

        Raises:
            UsageError: it lets us not in, or is none.
            StackError: it cannot be reached, its clock is another, or it has no such job.
        """
        self._answers()
        try:
            if self._scrape_history():
                return
            others = sorted({dict(series.labels).get("job", "") for series in self.api.query("up", time.time()).series})
        except (EvidenceError, QueryError) as error:
            raise StackError(str(error)) from error
        raise StackError(
            f"Prometheus at {self.api.url} has made no scrape of a job {self._job!r} in the last {BACK}; its jobs:"
            f" {', '.join(filter(None, others)) or 'none'}. Configure it to scrape {app} under `job_name: {self._job}`"
        )

    def await_scrapes(self, count: int, alive: Callable[[], None]) -> None:
        """Wait until each instance of the job has been scraped so many times from now on, the last time successfully.

        What it answers is what counts: where samples are sent on to it, they come later than they are made.
        """
        since = time.time()

        def look() -> None:
            try:
                recent = self._scrape_history()
            except (EvidenceError, QueryError) as error:
                raise wait.NotYet(str(error)) from None
            self._learn(recent)
            # An instance that has gone is scraped no more.
            lasting = [one for one in recent if one.points[-1][0] > since - 2 * (self.interval or FIRST_SECONDS)]
            scraped = min((sum(when > since for when, _ in one.points) for one in lasting), default=0)
            good = all(one.value for one in lasting)
            if not self.interval or scraped < count or (not good and scraped < count + MORE_SCRAPES):
                raise wait.NotYet(f"{scraped} of {count} scrapes{'' if good else ', the last of which failed'}")

        scrapes = 2 * (count + MORE_SCRAPES) * self.interval
        wait.until(
            look,
            what=f"Prometheus at {self.api.url} scraped the app",
            seconds=SLACK_SECONDS + (scrapes or FIRST_SECONDS),
            alive=alive,
            every=LOOK_SECONDS,
        )

    def _answers(self) -> None:
        try:
            response = self._client.post("/api/v1/query", data={"query": "vector(1)"})
            if response.is_server_error:
                raise StackError(f"Prometheus at {self.api.url} is not ready: {response.status_code}")
            known = response.json()["status"] == "success"
        except httpx.HTTPError as error:
            raise StackError(f"Prometheus at {self.api.url} cannot be reached: {error!r}") from error
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise UsageError(
                f"{self.api.url} does not answer /api/v1/query as Prometheus does ({response.status_code}): is there a"
                " path before it, such as Mimir's /prometheus?"
            )
        if told := response.headers.get("date"):
            ahead = email.utils.parsedate_to_datetime(told).timestamp() - time.time()
            # Told in whole seconds, it is on average half of one behind.
            if abs(ahead + 0.5) > CLOCKS_APART:
                where = "ahead of" if ahead > 0 else "behind"
                raise StackError(
                    f"the clock of Prometheus at {self.api.url} is {abs(ahead):.0f} s {where} this machine's: use the"
                    " same time server on both machines"
                )

    def _scrape_history(self) -> tuple[Series, ...]:
        return self.api.query(f'up{{job="{self._job}"}}[{BACK}]', time.time()).series

    def _learn(self, recent: tuple[Series, ...]) -> None:
        apart = [after - before for one in recent for (before, _), (after, _) in pairwise(one.points)]
        if apart:
            self.interval = round(statistics.median(apart), 3)
        names = {name for one in recent for name, _ in one.labels}
        self.foreign = tuple(sorted(names - TARGET_LABELS))
