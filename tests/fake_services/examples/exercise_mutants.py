"""Prints, for each name on the command line, what an app with that mutant exposes before and after the same requests.

Each app runs in a fork of this process, which has imported everything already, on a clock that moves only when it is
read: what two apps expose differs only if their instrumentation does. The name `none` is the app as it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import httpx

from promdrill_examples import mutation
from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.content_creation_crew.api import create_app
from promdrill_examples.content_creation_crew.settings import Settings
from promdrill_fakes.clock import Clock
from tests.fake_services.examples.forked import Steps

LOST = f"/free/001000000000-{'0' * 32}"


class Still(Steps):
    """Steps, on a day that never ends; nobody waits."""

    def time(self) -> float:
        """Return the same epoch time always."""
        return 1e9

    async def sleep(self, seconds: float) -> None:
        """Move on without waiting."""
        self.steps += seconds


async def exercise(name: str) -> list[str]:
    """Return what the app exposes before and after one of each kind of operation, and a failure of it."""
    app = create_app(Settings.from_environment(os.environ), Still())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as http:

        async def post(path: str, identity: str = "ok", **order: object) -> str:
            response = await http.post(path, json=order, headers={"X-Request-ID": identity})
            return str(response.json().get("key"))

        async def put(kind: str, body: bytes, identity: str = "ok", **query: str) -> str:
            answer = await http.post(
                f"/artifacts/{kind}", content=body, params=query, headers={"X-Request-ID": identity}
            )
            return str(answer.json().get("key"))

        before = (await http.get("/metrics")).text
        for identity in ("ok", "fails"):
            await post("/generate", identity, model="mistral:7b", topic="tea")
            await post("/voiceovers", identity, text="hello", provider="piper")
            await put("blog", "café".encode(), identity)
        await post("/voiceovers", "fails-to-store", text="hello", provider="piper")
        await put("blog", b"text", "retried" if name == "storage_retries_counted" else "ok")  # boto3 pauses for it
        clip = await put("video_clip", b"CLIP" + b"x" * 2000)
        for renderer, key in (
            ("manual", clip),
            ("manual", await put("blog", b"text")),
            ("manual", "video_clip" + LOST),
        ):
            await post("/renders", renderer=renderer, clip=key, seconds=90)
        for key in (clip, "blog" + LOST):
            await http.get(f"/artifacts/{key}")
            await http.delete(f"/artifacts/{key}")
        for _ in range(3):
            await put("blog", b"text", plan="pro", keep_seconds="0")
        for _ in range(2):
            await post("/retention/runs", plan="pro")
        for _ in range(30):
            metrics.LLMMetrics.record_call("llama3.2:1b", 0.25)
        return [before, (await http.get("/metrics")).text]


create_app(Settings.from_environment(os.environ), Clock())  # fills the caches of boto3, for all forks
for mutant in sys.argv[1:]:
    if (child := os.fork()) == 0:
        if mutant != "none":
            mutation.apply("content_creation_crew", mutant)
        sys.stdout.write(json.dumps([mutant, asyncio.run(exercise(mutant))]) + "\n")
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
