from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import ollama
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Ask, Wire

MODEL = "llama3.2:1b"


def names(ask: Ask) -> list[str]:
    """Return the names of the models on disk."""
    return [model.model for model in ask("list").models]


def test_a_pull_tells_how_far_it_is(ask: Ask, wire: Wire) -> None:
    """A streamed pull goes from the manifest over the bytes to success, and then the model is there."""
    steps = ask("pull", "phi3:mini", stream=True)
    pulled = next(model for model in ask("list").models if model.model == "phi3:mini")
    layer = {"status": f"pulling {pulled.digest[:12]}", "digest": f"sha256:{pulled.digest}", "total": int(pulled.size)}
    parts = [{**layer, "completed": int(pulled.size) * part // 4} for part in range(1, 5)]
    assert [step.model_dump(exclude_none=True) for step in steps] == [
        {"status": "pulling manifest"},
        layer,
        *parts,
        {"status": "verifying sha256 digest"},
        {"status": "writing manifest"},
        {"status": "success"},
    ]
    assert wire.fakes.told("route", "model", "stream", "outcome")[0] == ("pull", "phi3:mini", True, "ok")


def test_a_pull_that_is_not_streamed_tells_its_success(ask: Ask, wire: Wire) -> None:
    """The one answer comes when the model is there, no earlier than a pull takes."""
    wire.fakes.configure(ollama={"pull_seconds": 0.02})
    assert ask("pull", "phi3").model_dump(exclude_none=True) == {"status": "success"}
    assert names(ask) == [MODEL, "mistral:7b", "phi3:latest"]
    pulled = wire.fakes.journal(route="pull")[0]
    assert pulled["finished"] - pulled["started"] >= 0.02


def test_what_the_registry_has_not_cannot_be_pulled(ask: Ask, wire: Wire) -> None:
    """A stream breaks off with the error under status 200; what is not streamed is a 500."""
    wire.fakes.configure(ollama={"registry": ["phi3"]})
    for stream, status in ((True, -1), (False, 500)):
        with pytest.raises(ollama.ResponseError) as caught:
            ask("pull", "nope", stream=stream)
        assert (caught.value.status_code, caught.value.error) == (status, "pull model manifest: file does not exist")
    assert [status for (status,) in wire.fakes.told("status")] == [200, 500]


def test_a_push_tells_how_far_it_is(ask: Ask) -> None:
    """A push begins and ends with the manifest; a model that is not there cannot be pushed."""
    steps = [step.status for step in ask("push", MODEL, stream=True)]
    digest = ask("list").models[0].digest[:12]
    assert steps == ["retrieving manifest", *[f"pushing {digest}"] * 5, "pushing manifest", "success"]
    assert ask("push", MODEL).status == "success"
    with pytest.raises(ollama.ResponseError) as caught:
        ask("push", "nope")
    assert (caught.value.status_code, caught.value.error) == (404, "model 'nope' not found")


def test_a_created_model_is_what_it_was_made_of(ask: Ask) -> None:
    """What was given at its creation is what show tells of it, the rest is its base's; it answers."""
    made = {"system": "You are brief.", "template": "{{ .System }}", "parameters": {"temperature": 1}, "license": "MIT"}
    steps = [step.status for step in ask("create", "brief", from_=MODEL, stream=True, **made)]
    shown, base = ask("show", "brief"), ask("show", MODEL)
    assert steps[1:] == ["writing manifest", "success"]
    assert (shown.template, shown.license, shown.parameters.split()) == ("{{ .System }}", "MIT", ["temperature", "1"])
    assert (shown.modelinfo, shown.details.family) == (base.modelinfo, "llama")
    assert shown.details.parent_model == MODEL
    assert ask("generate", "brief", "x").done_reason == "stop"


def test_a_model_is_created_from_a_blob(ask: Ask, wire: Wire, tmp_path: Path) -> None:
    """A file is sent once under its digest; a model can be made of it, and of no other."""
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" * 50_000)
    digest = f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    with pytest.raises(ollama.ResponseError) as caught:
        ask("create", "mine", files={"model.gguf": digest})
    assert (caught.value.status_code, caught.value.error) == (400, f"file does not exist: {digest}")
    assert [ask("create_blob", file) for _ in range(2)] == [digest] * 2
    assert ask("create", "mine", files={"model.gguf": digest}).status == "success"
    assert names(ask)[-1] == "mine:latest"
    assert [status for (status,) in wire.fakes.told("status", route="blobs")] == [201, 200]


def test_a_copy_is_the_same_model(ask: Ask) -> None:
    """A copy has its original's digest; what is not there cannot be copied."""
    assert ask("copy", MODEL, "other").status == "success"
    first, *_, last = ask("list").models
    assert (last.model, last.digest, last.size) == ("other:latest", first.digest, first.size)
    with pytest.raises(ollama.ResponseError) as caught:
        ask("copy", "nope", "other")
    assert (caught.value.status_code, caught.value.error) == (404, 'model "nope" not found')


def test_a_deleted_model_is_gone(ask: Ask, wire: Wire) -> None:
    """It is neither listed nor loaded, cannot be used or deleted again, and is back after a reset."""
    ask("generate", MODEL, "x")
    assert ask("delete", MODEL).status == "success"
    assert (names(ask), ask("ps").models) == (["mistral:7b"], [])
    for method in ("delete", "show"):
        with pytest.raises(ollama.ResponseError) as caught:
            ask(method, MODEL)
        assert (caught.value.status_code, caught.value.error) == (404, f"model '{MODEL}' not found")
    wire.fakes.control.post("/reset")
    assert names(ask) == [MODEL, "mistral:7b"]


def test_show_tells_all_that_is_known(ask: Ask) -> None:
    """Details, architecture and capabilities of a model."""
    shown = ask("show", MODEL)
    assert shown.details.model_dump() == {
        "parent_model": "",
        "format": "gguf",
        "family": "llama",
        "families": ["llama"],
        "parameter_size": "1B",
        "quantization_level": "Q4_K_M",
    }
    assert shown.capabilities == ["completion", "tools", "thinking", "insert", "vision", "embedding"]
    assert (shown.modelinfo["general.architecture"], shown.modelinfo["llama.embedding_length"]) == ("llama", 768)
    assert shown.modelfile == f"FROM {MODEL}\n"


def test_ps_tells_when_a_model_goes(ask: Ask) -> None:
    """A loaded model has its bytes in memory, its context, and a date that a longer `keep_alive` moves away."""
    ask("generate", MODEL, "x", keep_alive="10m")
    ask("generate", "mistral:7b", "x", keep_alive=-1)
    forever, soon = ask("ps").models
    assert (forever.model, soon.model, soon.context_length) == ("mistral:7b", MODEL, 4096)
    assert soon.size == soon.size_vram
    assert forever.expires_at > soon.expires_at


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("pull", ["a b"], "invalid model name"),
        ("create", ["new"], "neither 'from' or 'files' was specified"),
        ("copy", ["", "x"], 'source "" is invalid'),
        ("copy", [MODEL, "a b"], 'destination "a b" is invalid'),
        ("delete", ["a b"], 'name "a b" is invalid'),
    ],
)
def test_bad_names_are_refused(ask: Ask, method: str, arguments: list[Any], expected: str) -> None:
    """What is no name, or is missing, is a 400 in Ollama's words."""
    with pytest.raises(ollama.ResponseError) as caught:
        ask(method, *arguments)
    assert (caught.value.status_code, caught.value.error) == (400, expected)
