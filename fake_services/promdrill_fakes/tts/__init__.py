"""Stand-ins for the TTS providers ElevenLabs, Piper and gTTS: three fakes of one service."""

from __future__ import annotations

from promdrill_fakes.definition import UNKNOWN, FakeDefinition, Service

TTS = Service(
    name="tts",
    routes=frozenset(
        {"convert", "stream", "convert_with_timestamps", "stream_with_timestamps"}
        | {"voices", "voice", "models", "user", "subscription"}
        | {"synthesize", "info", "batchexecute", UNKNOWN}
    ),
    columns={
        "provider": None,
        "voice": None,
        "model": None,
        "speaker": None,
        "characters": 0,
        "audio_bytes": 0,
        "audio_seconds": 0.0,
    },
    request={"provider": str, "voice": str, "model": str},
    keys=("provider", "voice"),
    settings="promdrill_fakes.tts.settings:TtsSettings",
)

FAKES = (
    FakeDefinition(
        name="elevenlabs",
        service=TTS,
        provider="promdrill_fakes.tts.elevenlabs:ElevenLabs",
        port=9002,
        environment={"ELEVENLABS_BASE_URL": "{url}", "ELEVENLABS_API_KEY": "any"},
        selector={"provider": "elevenlabs"},
    ),
    FakeDefinition(
        name="piper",
        service=TTS,
        provider="promdrill_fakes.tts.piper:Piper",
        port=5000,
        environment={"PIPER_URL": "{url}"},
        selector={"provider": "piper"},
    ),
    FakeDefinition(
        name="gtts",
        service=TTS,
        provider="promdrill_fakes.tts.gtts:Gtts",
        port=9003,
        # gTTS has no other way to name a host.
        environment={"GTTS_TLD": "com@{address}"},
        tls=True,
        selector={"provider": "gtts"},
    ),
)
