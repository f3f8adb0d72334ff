"""What the app knows: its models, artifact types, renderers, providers and plans. Each is a metric label's values."""

from __future__ import annotations

from enum import StrEnum


class Model(StrEnum):
    """A language model that the app generates with."""

    LLAMA = "llama3.2:1b"
    MISTRAL = "mistral:7b"


class ArtifactType(StrEnum):
    """What a stored object is; the first part of its key."""

    VOICEOVER = "voiceover"
    VIDEO_CLIP = "video_clip"
    STORYBOARD_IMAGE = "storyboard_image"
    BLOG = "blog"


class Operation(StrEnum):
    """What was asked of the storage."""

    PUT = "put"
    GET = "get"
    DELETE = "delete"


class Renderer(StrEnum):
    """What renders a clip."""

    REMOTION = "remotion"
    FFMPEG = "ffmpeg"
    MANUAL = "manual"


class Provider(StrEnum):
    """Who synthesizes speech."""

    ELEVENLABS = "elevenlabs"
    GTTS = "gtts"
    PIPER = "piper"


class Plan(StrEnum):
    """What an artifact's owner subscribed to; `gdpr` holds what is to be erased."""

    FREE = "free"
    PRO = "pro"
    ENTERPRISE = "enterprise"
    GDPR = "gdpr"


_DAY = 86_400.0
RETENTION_SECONDS = {Plan.FREE: 7 * _DAY, Plan.PRO: 90 * _DAY, Plan.ENTERPRISE: 365 * _DAY, Plan.GDPR: 30 * _DAY}
