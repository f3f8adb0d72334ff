"""The users of content_creation_crew: one class for each expensive operation, and those that overdo one."""

from __future__ import annotations

from itertools import product

from promdrill.load import Case, DrillUser

ARTIFACT_TYPES = ("voiceover", "video_clip", "storyboard_image", "blog")
PLANS = ("free", "pro", "enterprise", "gdpr")
SPEAKERS = ("elevenlabs", "elevenlabs", "piper", "piper", "gtts")
RENDERERS = ("remotion", "ffmpeg", "manual")
CLIP = b"CLIP" + bytes(3_000)
TEXT = "Überblick für Anfänger: "  # characters and bytes differ, so that counting one for the other shows
OK, CREATED = 200, 201


class GenerateUser(DrillUser):
    """Generates text with each model, streamed and whole.

    The small model has twice the calls of the large one: were they alike, one counted for the other would not show.
    """

    cases = tuple(
        {"model": model, "stream": stream, "plan": plan}
        for model, stream, plan in product(("llama3.2:1b", "llama3.2:1b", "mistral:7b"), (False, True), PLANS)
    )

    def turn(self, case: Case) -> None:
        """Ask for one text."""
        self.send("generate", "POST", "/generate", json={**case, "topic": "How alerts are tested"}, context=case)


class VoiceoverUser(DrillUser):
    """Turns short texts into speech with each provider; gTTS is dear: it reads all certificates for each request."""

    cases = tuple(
        {"provider": provider, "plan": "free", "text": " ".join(["Fire drills for metrics."] * count)}
        for provider, count in product(SPEAKERS, (1, 3))
    )

    def turn(self, case: Case) -> None:
        """Ask for one voiceover."""
        context = {"provider": case["provider"], "plan": case["plan"], "characters": len(case["text"])}
        self.send("voiceover", "POST", "/voiceovers", json=case, context=context)


class ArtifactUser(DrillUser):
    """Stores, reads and deletes an artifact of each type.

    There are few cases, so that each type has its turn every few seconds.
    """

    cases = tuple(
        {"artifact_type": artifact_type, "plan": plan, "repeat": repeat}
        for (artifact_type, plan), repeat in product(zip(ARTIFACT_TYPES, PLANS, strict=True), (20, 400))
    )

    def turn(self, case: Case) -> None:
        """Store one artifact; read and delete it when it was stored."""
        kind, plan = case["artifact_type"], case["plan"]
        context = {"artifact_type": kind, "plan": plan}
        body = (TEXT * case["repeat"]).encode()
        stored = self.send("put", "POST", f"/artifacts/{kind}?plan={plan}", data=body, context=context)
        if stored.status_code == CREATED:
            key = stored.json()["key"]
            self.send("get", "GET", f"/artifacts/{key}", context=context)
            self.send("delete", "DELETE", f"/artifacts/{key}", context=context)


class StoryboardUser(DrillUser):
    """Leaves images behind that expire at once."""

    cases = tuple({"artifact_type": "storyboard_image", "plan": plan} for plan in PLANS)

    def turn(self, case: Case) -> None:
        """Store one image."""
        path = f"/artifacts/storyboard_image?plan={case['plan']}&keep_seconds=0"
        self.send("put", "POST", path, data=TEXT.encode(), context=case)


class Studio(DrillUser):
    """Has clips rendered."""

    abstract = True

    def stored(self, clip: bytes) -> str | None:
        """Store a clip and return its key, or None when the storage refused it."""
        context = {"artifact_type": "video_clip", "plan": "pro"}
        answer = self.send("put", "POST", "/artifacts/video_clip?plan=pro", data=clip, context=context)
        return str(answer.json()["key"]) if answer.status_code == CREATED else None

    def rendered(
        self, clip: str, renderer: str, seconds: float = 0.0, *, decodable: bool = True, loops: int = 1
    ) -> str | None:
        """Render for so many seconds of the app's clock and return the video's key, or None when that failed."""
        answer = self.send(
            "render",
            "POST",
            "/renders",
            json={"renderer": renderer, "clip": clip, "seconds": seconds, "loops": loops, "plan": "pro"},
            context={"renderer": renderer, "decodable": decodable, "at_least": seconds if decodable else 0.0},
        )
        return str(answer.json()["key"]) if answer.status_code == OK else None


class RenderUser(Studio):
    """Renders clips with each renderer, in turn: there are few cases."""

    cases = tuple(
        {"renderer": renderer, "seconds": seconds} for renderer, seconds in product(RENDERERS, (0.5, 1.5, 2.5))
    )

    def turn(self, case: Case) -> None:
        """Store a clip and render it."""
        if clip := self.stored(CLIP):
            self.rendered(clip, case["renderer"], case["seconds"])


class BrokenClipUser(Studio):
    """Hands in a clip that no renderer can decode."""

    cases = tuple({"renderer": renderer} for renderer in RENDERERS)

    def turn(self, case: Case) -> None:
        """Store a broken clip and try to render it."""
        if clip := self.stored(b"\0" + CLIP):
            self.rendered(clip, case["renderer"], decodable=False)


class SlowRenderUser(Studio):
    """Has one renderer work on each video for more than five minutes of the app's clock.

    No two of them last equally long, so that one ends every now and then though all begin at once.
    """

    cases = tuple({"seconds": 305 + 40 * number} for number in range(18))

    def turn(self, case: Case) -> None:
        """Store a clip, at a second try if the first is denied, and have it rendered slowly."""
        if clip := self.stored(CLIP) or self.stored(CLIP):
            self.rendered(clip, "remotion", case["seconds"])


class LongVideoUser(Studio):
    """Has a clip played so often that the video is large, and deletes it again: the storage keeps it in memory."""

    loops = 20_000  # 60 MB
    tries = 3  # the storage denies one delete now and then
    clip: str | None = None

    def turn(self, case: Case) -> None:  # noqa: ARG002 - every turn is the same
        """Render and delete one long video."""
        self.clip = self.clip or self.stored(CLIP)
        video = self.clip and self.rendered(self.clip, "ffmpeg", loops=self.loops)
        for _ in range(self.tries if video else 0):
            if self.send("delete", "DELETE", f"/artifacts/{video}", context={}).status_code == OK:
                break


class RetentionUser(DrillUser):
    """Leaves expired artifacts behind and has the clean-up job of their plan remove them.

    Each plan has its turn every few seconds, and its artifacts are large: by real rates, each frees several times 1 GB
    a day (12 kB a second).
    """

    cases = tuple({"plan": plan} for plan in PLANS)
    tries = 4  # the storage denies a delete now and then, and what is left is found by the next run

    def turn(self, case: Case) -> None:
        """Store artifacts that expire at once, then clean up; one plan's job runs until it finds nothing left to do."""
        plan = case["plan"]
        for number, kind in enumerate(("voiceover", "video_clip", "storyboard_image"), 1):
            self.send(
                "put",
                "POST",
                f"/artifacts/{kind}?plan={plan}&keep_seconds=0",
                data=TEXT.encode() * 4_000 * number,
                context={"artifact_type": kind, "plan": plan},
            )
        if self.paused():
            return
        for _ in range(self.tries if plan == "free" else 1):
            run = self.send("cleanup", "POST", "/retention/runs", json={"plan": plan}, context={"plan": plan})
            if run.status_code == OK and not run.json()["items"]:
                break
