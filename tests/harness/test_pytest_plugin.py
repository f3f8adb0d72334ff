from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "fakes.md").read_text(encoding="utf-8")
TESTS = """
import boto3, httpx, pytest
from promdrill.errors import StackError

@pytest.fixture(scope="session")
def promdrill_fakes_config():
    return {"ollama": {"models": ["phi3"]}}

def test_own_configuration(fake_ollama):
    assert [model["name"] for model in httpx.get(fake_ollama.url + "/api/tags").json()["models"]] == ["phi3:latest"]
    fake_ollama.configure(version="9.9")
    fake_ollama.set_latency("version", constant={"seconds": 0.001})
    assert httpx.get(fake_ollama.url + "/api/version").json() == {"version": "9.9"}
    assert [entry["latency"] for entry in fake_ollama.journal(route="version")] == [0.001]
    fake_ollama.put_fault("busy", {"status": 503}, match={"route": "tags"}, trigger={"first": 1})

def test_begins_anew(fake_ollama):
    assert fake_ollama.journal() == fake_ollama.ledger() == []
    assert httpx.get(fake_ollama.url + "/api/version").json() != {"version": "9.9"}
    assert httpx.get(fake_ollama.url + "/api/tags").status_code == 200
    about = {"service": "ollama", "model": None, "outcome": "ok", "fault": None, "count": 1}
    assert fake_ollama.ledger(route="tags") == [{**about, "route": "tags"}]

def test_a_voice_has_its_own_faults(fake_piper, fake_elevenlabs, fake_gtts):
    fake_piper.put_fault("down", {"status": 500})
    assert httpx.get(fake_elevenlabs.url + "/v1/voices", headers={"xi-api-key": "any"}).status_code == 200
    assert httpx.get(fake_piper.url + "/voices").status_code == 500
    fake_piper.delete_fault("down")
    assert httpx.get(fake_piper.url + "/voices").status_code == 200
    assert [entry["fault"] for entry in fake_piper.journal()] == ["down", None]
    assert [entry["route"] for entry in fake_elevenlabs.journal()] == ["voices"]
    assert (fake_gtts.journal(), fake_gtts.environment["GTTS_TLD"][:14]) == ([], "com@127.0.0.1:")

def test_bucket(fake_s3, monkeypatch):
    for name, value in fake_s3.environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.put_object(Bucket="artifacts", Key="blog/1", Body=b"hello")
    assert [(entry["key"], entry["bytes"]) for entry in fake_s3.journal(verb="put")] == [("blog/1", 5)]
    client.close()

def test_bad_fault(fake_s3):
    with pytest.raises(StackError, match="give exactly one of"):
        fake_s3.put_fault("odd", {})
"""


def test_the_fixtures(pytester: pytest.Pytester) -> None:
    """Each fake is there for anybody's tests, starts anew with each, and tells of itself alone."""
    pytester.makepyfile(TESTS)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=5)


def test_the_snippet_of_the_docs_runs(pytester: pytest.Pytester) -> None:
    """What the page shows for pytest passes as it stands there."""
    (snippet,) = (text for text in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "def test_" in text)
    pytester.makepyfile(snippet)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_nobody_pays_who_does_not_ask() -> None:
    """A session that asks for no fake imports nothing of ours but the plugin itself, and what can be chosen."""
    code = (
        "import pytest, sys; before = set(sys.modules)\n"
        "import promdrill.testing.plugin; print(set(sys.modules) - before)"
    )
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    names = {
        "promdrill",
        "promdrill.conventions",
        "promdrill.lazy",
        "promdrill.options",
        "promdrill.testing",
        "promdrill.testing.plugin",
    }
    assert set(re.findall(r"'(.*?)'", ended.stdout)) == names
