"""The users of content_creation_crew: one class for each expensive operation."""

from __future__ import annotations

from itertools import product

from harness.load.user import Case, DrillUser

ARTIFACT_TYPES = ("voiceover", "video_clip", "storyboard_image", "blog")
PLANS = ("free", "pro", "enterprise", "gdpr")
CLIP = b"CLIP" + bytes(3_000)
TEXT = "Überblick für Anfänger: "  # characters and bytes differ, so that counting one for the other shows


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
    """Turns short texts into speech with each provider."""

    cases = tuple(
        {"provider": provider, "plan": plan, "text": " ".join(["Fire drills for metrics."] * count)}
        for provider, count, plan in product(("elevenlabs", "gtts", "piper"), (1, 3), PLANS)
    )

    def turn(self, case: Case) -> None:
        """Ask for one voiceover."""
        context = {"provider": case["provider"], "plan": case["plan"], "characters": len(case["text"])}
        self.send("voiceover", "POST", "/voiceovers", json=case, context=context)


class ArtifactUser(DrillUser):
    """Stores, reads and deletes an artifact of each type."""

    cases = tuple(
        {"artifact_type": artifact_type, "plan": plan, "repeat": repeat}
        for artifact_type, plan, repeat in product(ARTIFACT_TYPES, PLANS, (20, 400))
    )

    def turn(self, case: Case) -> None:
        """Store one artifact; read and delete it when it was stored."""
        kind, plan = case["artifact_type"], case["plan"]
        context = {"artifact_type": kind, "plan": plan}
        body = (TEXT * case["repeat"]).encode()
        stored = self.send("put", "POST", f"/artifacts/{kind}?plan={plan}", data=body, context=context)
        if stored.status_code == 201:  # noqa: PLR2004 - HTTP's "created"
            key = stored.json()["key"]
            self.send("get", "GET", f"/artifacts/{key}", context=context)
            self.send("delete", "DELETE", f"/artifacts/{key}", context=context)


class RenderUser(DrillUser):
    """Renders clips with each renderer; every eighth clip is one that no renderer can decode."""

    cases = tuple(
        {"renderer": renderer, "decodable": number != 0, "seconds": 0.02 + 0.01 * (number % 5)}
        for renderer, number in product(("remotion", "ffmpeg", "manual"), range(8))
    )

    def turn(self, case: Case) -> None:
        """Store a clip and render it."""
        content = CLIP if case["decodable"] else b"\0" + CLIP
        stored = self.send(
            "put",
            "POST",
            "/artifacts/video_clip?plan=pro",
            data=content,
            context={"artifact_type": "video_clip", "plan": "pro"},
        )
        if stored.status_code != 201:  # noqa: PLR2004 - HTTP's "created"
            return
        body = {"renderer": case["renderer"], "clip": stored.json()["key"], "seconds": case["seconds"], "plan": "pro"}
        context = {
            "renderer": case["renderer"],
            "decodable": case["decodable"],
            "at_least": case["seconds"] if case["decodable"] else 0.0,
        }
        self.send("render", "POST", "/renders", json=body, context=context)


class RetentionUser(DrillUser):
    """Leaves expired artifacts behind and has the clean-up job of their plan remove them."""

    cases = tuple({"plan": plan, "items": items} for plan, items in product(PLANS, (0, 1, 3)))

    def turn(self, case: Case) -> None:
        """Store artifacts that expire at once, then clean up."""
        plan = case["plan"]
        for number in range(case["items"]):
            kind = ARTIFACT_TYPES[number % len(ARTIFACT_TYPES)]
            self.send(
                "put",
                "POST",
                f"/artifacts/{kind}?plan={plan}&keep_seconds=0",
                data=TEXT.encode() * (number + 1),
                context={"artifact_type": kind, "plan": plan},
            )
        self.send("cleanup", "POST", "/retention/runs", json={"plan": plan}, context={"plan": plan})
