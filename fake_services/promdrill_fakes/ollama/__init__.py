"""A stand-in for Ollama."""

from __future__ import annotations

from promdrill_fakes.definition import UNKNOWN, FakeDefinition, Service

OLLAMA = Service(
    name="ollama",
    routes=frozenset(
        {"generate", "chat", "embed", "embeddings", "tags", "version", "ps", "show", "root"}
        | {"pull", "push", "create", "copy", "delete", "blobs"}
        | {"v1_chat", "v1_completions", "v1_embeddings", "v1_models", "v1_model", UNKNOWN}
    ),
    columns={"model": None, "prompt_tokens": 0, "completion_tokens": 0, "stream": None},
    request={"model": str, "stream": bool},
    keys=("model",),
    effects=frozenset({"midstream_error", "omit"}),
    # What its answers tell of themselves; `usage` is that of the OpenAI-compatible API.
    omittable=(
        *("total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration"),
        *("eval_count", "eval_duration", "usage"),
    ),
    settings="promdrill_fakes.ollama.settings:OllamaSettings",
)

FAKES = (
    FakeDefinition(
        name="ollama",
        service=OLLAMA,
        provider="promdrill_fakes.ollama.provider:Ollama",
        port=11434,
        environment={"OLLAMA_HOST": "{url}", "OPENAI_BASE_URL": "{url}/v1", "OPENAI_API_KEY": "any"},
    ),
)
