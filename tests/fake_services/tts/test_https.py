from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from elevenlabs.core.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Fakes, Heard

VOICE = "21m00Tcm4TlvDq8ikWAM"
TEXT = "Thirty characters are 2 secs.."


@pytest.fixture(scope="module")
def secure(
    starting: Callable[..., AbstractContextManager[Fakes]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Fakes, ssl.SSLContext]]:
    """Return fakes that are served over https, and what trusts them."""
    ca_file = tmp_path_factory.mktemp("tls") / "ca.pem"
    serve = ("--serve=elevenlabs=0", "--serve=piper=0", "--tls=elevenlabs", "--tls=piper", f"--ca-file={ca_file}")
    with starting(*serve) as fakes:
        yield fakes, ssl.create_default_context(cafile=str(ca_file))


@pytest.fixture
def tls(secure: tuple[Fakes, ssl.SSLContext]) -> tuple[Fakes, ssl.SSLContext]:
    """Return the same with nothing recorded, and no fault."""
    secure[0].configure(faults=None)
    secure[0].control.post("/reset").raise_for_status()
    return secure


@pytest.mark.parametrize(
    "method",
    [
        "text_to_speech.convert",
        "text_to_speech.stream",
        "text_to_speech.convert_with_timestamps",
        "text_to_speech.stream_with_timestamps",
    ],
)
def test_elevenlabs_speaks_over_https(
    anywhere: Callable[..., Any], tls: tuple[Fakes, ssl.SSLContext], method: str
) -> None:
    """The SDK trusts the certificate and gets the same as over http; the ledger counts it."""
    fakes, trust = tls
    assert anywhere(fakes.urls["elevenlabs"], method, VOICE, verify=trust, text=TEXT)
    assert fakes.told("route", "outcome", "audio_seconds") == [(method.removeprefix("text_to_speech."), "ok", 2.0)]


def test_elevenlabs_tells_over_https(anywhere: Callable[..., Any], tls: tuple[Fakes, ssl.SSLContext]) -> None:
    """So do voices, models and the user."""
    fakes, trust = tls
    for method in ("voices.search", "voices.get_all", "models.list", "user.get", "user.subscription.get"):
        assert anywhere(fakes.urls["elevenlabs"], method, verify=trust)
    assert fakes.told("route", "outcome") == [
        ("voices", "ok"),
        ("voices", "ok"),
        ("models", "ok"),
        ("user", "ok"),
        ("subscription", "ok"),
    ]


@pytest.mark.parametrize(
    ("effect", "raised", "status"),
    [
        ({"status": 429}, ApiError, 429),
        ({"reset": "before_headers"}, httpx.TransportError, 0),
        ({"reset": 10}, httpx.TransportError, 200),
        ({"truncate": 10}, httpx.RemoteProtocolError, 200),
    ],
    ids=str,
)
def test_elevenlabs_suffers_over_https(
    anywhere: Callable[..., Any],
    tls: tuple[Fakes, ssl.SSLContext],
    effect: dict[str, Any],
    raised: type[Exception],
    status: int,
) -> None:
    """Faults are the same through TLS."""
    fakes, trust = tls
    fakes.fault("tts", effect)
    with pytest.raises(raised):
        anywhere(fakes.urls["elevenlabs"], "text_to_speech.convert", VOICE, verify=trust, text=TEXT)
    assert fakes.told("status", "outcome", "audio_bytes", "fault") == [(status, "error", 0, "fault")]


def test_piper_speaks_over_https(tls: tuple[Fakes, ssl.SSLContext], heard: Callable[..., Heard]) -> None:
    """Behind TLS, Piper is what it is without."""
    fakes, trust = tls
    with httpx.Client(verify=trust, base_url=fakes.urls["piper"]) as client:
        assert heard(client.post("/synthesize", json={"text": TEXT}).content, "wav_22050").seconds == 2.0
        assert client.get("/info").json()["last"]["text"] == TEXT
        fakes.fault("tts", {"reset": 100})
        with pytest.raises(httpx.TransportError):
            client.post("/synthesize", json={"text": TEXT})
    assert fakes.told("outcome") == [("ok",), ("ok",), ("error",)]
