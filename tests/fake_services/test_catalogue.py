from __future__ import annotations

import subprocess
import sys

from promdrill_fakes.catalogue import bundled, fakes, named, names, services


def test_the_bundled_fakes() -> None:
    """The registry names five fakes of three services; a service's name means all fakes of it."""
    assert list(bundled()) == ["ollama", "elevenlabs", "piper", "gtts", "s3"]
    assert list(services()) == ["ollama", "tts", "s3"]
    assert names() == (*bundled(), "tts")
    assert [fake.name for fake in named("tts")] == ["elevenlabs", "piper", "gtts"]
    assert (named("s3"), named("nope")) == ((fakes()["s3"],), ())


def test_ports_are_distinct() -> None:
    """No two fakes listen on one port by custom."""
    assert len({fake.port for fake in bundled().values()}) == len(bundled())


def test_nothing_that_serves_is_imported() -> None:
    """Catalogue and client need no server: none of its modules is imported, nor its libraries."""
    code = "import promdrill_fakes.client, promdrill_fakes.catalogue, sys; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    served = {"promdrill_fakes.server", "promdrill_fakes.call", "aiohttp", "trustme", "uvloop"}
    served |= {fake.provider.partition(":")[0] for fake in bundled().values()}
    assert served & set(ended.stdout.split()) == set()
