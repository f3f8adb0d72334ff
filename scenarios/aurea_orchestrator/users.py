"""The users of aurea_orchestrator: those of every day, and those of a phase of the drill.

Columns of a request: `endpoint` and `verb`, the labels that the app counts it under, and `template`, the route, empty
where no route serves the path. A task that the app took on has a row of its own, action `task`, with `model` and
`became`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from promdrill.load import Case, DrillUser

if TYPE_CHECKING:
    from locust.contrib.fasthttp import FastResponse

MODELS = ("gpt-4", "gpt-3.5-turbo", "claude-2", "llama-2")
TASKS, TASK, REPORT = "/tasks", "/tasks/{task_id}", "/tasks/{task_id}/report"


class Client(DrillUser):
    """What all users share: a request under its route, and a task under its model."""

    abstract = True

    def ask(self, method: str, route: str, task: str = "", **request: object) -> FastResponse:
        """Send a request to a route, about a task."""
        context = {"endpoint": route, "template": route, "verb": method}
        return self.send(f"{method} {route}", method, route.format(task_id=task), context=context, **request)

    def run_task(self, model: str, prompt: str, **order: object) -> FastResponse:
        """Order a task that the app takes on, and write what became of it."""
        trace, started = self.new_trace(), time.monotonic()
        body = {"model": model, "prompt": prompt, **order}
        response = self.ask("POST", TASKS, json=body, headers={"X-Request-ID": trace})
        became = "completed" if response.status_code == 200 else "failed"  # noqa: PLR2004 - HTTP's "ok"
        times = {"started": started, "finished": time.monotonic()}
        self.record("task", trace=trace, operation=f"{trace}:task", **times, model=model, became=became)
        return response

    def cause_exception(self) -> None:
        """Have a task fail, and ask for its report."""
        failed = self.run_task("gpt-4", "tell", with_tools=True)
        self.ask("GET", REPORT, failed.json()["id"])


class TaskUser(Client):
    """Orders short tasks of each model, of some more often than of others.

    One in nine may use tools, which none of these models can: a task that fails.
    """

    cases = tuple(
        {"model": model, "words": 1 + number, "with_tools": number == 0}
        for model, share in zip(MODELS, (1, 2, 1, 2), strict=True)
        for number in [*range(9)] * share
    )

    def turn(self, case: Case) -> None:
        """Order one task."""
        prompt = " ".join(["tell"] * case["words"])
        self.run_task(case["model"], prompt, with_tools=case["with_tools"], max_tokens=20)


class ReadUser(Client):
    """Lists the tasks, and reads the newest that is completed and its report."""

    def turn(self, _: Case) -> None:
        """Read what there is; where nothing is yet, order it."""
        tasks = self.ask("GET", TASKS).json()
        done = next((task["id"] for task in tasks if task["status"] == "completed"), None)
        done = done or self.run_task("llama-2", "tell").json()["id"]
        self.ask("GET", TASK, done)
        self.ask("GET", REPORT, done)


class StrayUser(Client):
    """Asks for what is not there, and in ways that are refused. No two paths that no route serves are the same."""

    cases = ({"stray": "path"}, {"stray": "task"}, {"stray": "report"}, {"stray": "method"}, {"stray": "order"})

    def turn(self, case: Case) -> None:
        """Go astray once."""
        nowhere = self.new_trace()
        match case["stray"]:
            case "path":
                context = {"endpoint": "unmatched", "template": "", "verb": "GET"}
                self.send("GET nowhere", "GET", f"/{nowhere}", context=context)
            case "task":
                self.ask("GET", TASK, nowhere)
            case "report":
                self.ask("GET", REPORT, nowhere)
            case "method":
                context = {"endpoint": TASKS, "template": TASKS, "verb": "OTHER"}
                self.send("DELETE /tasks", "DELETE", TASKS, context=context)
            case _:
                self.ask("POST", TASKS, json={"model": "gpt-5", "prompt": "tell"})


class ExceptionUser(Client):
    """Has the app raise what nothing handles."""

    def turn(self, _: Case) -> None:
        """Cause one exception."""
        self.cause_exception()


class SpreadUser(Client):
    """Meets errors of three kinds, each as often as the others: exceptions, and two models that a fault strikes."""

    cases = ({"model": None}, {"model": "gpt-3.5-turbo"}, {"model": "llama-2"})

    def turn(self, case: Case) -> None:
        """Meet one error."""
        if case["model"] is None:
            self.cause_exception()
        else:
            self.run_task(case["model"], "tell")


class LongPromptUser(Client):
    """Orders tasks whose prompts make each model use as many tokens as its class says."""

    abstract = True

    def turn(self, case: Case) -> None:
        """Order one task."""
        self.run_task(case["model"], " ".join(["tell"] * case["words"]), max_tokens=4)


class ManyTokensUser(LongPromptUser):
    """Uses 1,000,000 tokens an hour with all models together, and with none of them alone."""

    cases = tuple({"model": model, "words": 60} for model in MODELS)


class ManyDollarsUser(LongPromptUser):
    """Spends 100 dollars an hour on all models together, and on none of them alone."""

    cases = (
        {"model": "gpt-4", "words": 260},
        {"model": "gpt-3.5-turbo", "words": 4000},
        {"model": "claude-2", "words": 315},
    )


class LavishUser(LongPromptUser):
    """Spends 100 dollars an hour on one model."""

    cases = ({"model": "gpt-4", "words": 500},)
