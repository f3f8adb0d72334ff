"""Prints, for each name on the command line, what an app with that mutant exposes before and after the same requests.

Each app runs in a fork of this process, which has imported everything already, on a clock that moves only when it is
read: what two apps expose differs only if their instrumentation does. The name `none` is the app as it is. Durations
that OpenTelemetry measured are left out: its clock is the real one.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import httpx

from promdrill_examples import mutation
from promdrill_examples.aurea_orchestrator.api import create_app
from promdrill_examples.aurea_orchestrator.settings import Settings
from promdrill_examples.aurea_orchestrator.vocabulary import Model
from promdrill_fakes.clock import Clock


class Steps(Clock):
    """Moves by an eighth of a second each time that it is read."""

    steps = 0.0

    def now(self) -> float:
        """Return the next eighth of a second."""
        self.steps += 0.125
        return self.steps


async def exercise() -> list[str]:
    """Return what the app exposes before and after one of each kind of request."""
    app = create_app(Settings.from_environment(os.environ), Steps())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:

        async def exposed() -> str:
            text = (await http.get("/metrics")).text
            return "\n".join(
                line
                for line in text.splitlines()
                if "milliseconds_bucket" not in line and "milliseconds_sum" not in line
            )

        before = await exposed()
        await http.get("/health")
        for number, model in enumerate(Model, 1):
            await http.post("/tasks", json={"model": model, "prompt": "tell " * number})
            failed = await http.post("/tasks", json={"model": model, "prompt": "tell", "with_tools": True})
            await http.get(f"/tasks/{failed.json()['id']}/report")
        await http.get("/tasks")
        await http.get("/nowhere")
        await http.post("/tasks", json={})
        return [before, await exposed()]


for mutant in sys.argv[1:]:
    if (child := os.fork()) == 0:
        if mutant != "none":
            mutation.apply("aurea_orchestrator", mutant)
        sys.stdout.write(json.dumps([mutant, asyncio.run(exercise())]) + "\n")
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
