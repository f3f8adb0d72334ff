"""Writes haiku with a model that Ollama runs. Environment: PORT and OLLAMA_HOST."""

import json
import os
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import ollama
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app

registry = CollectorRegistry()
requests = Counter("haiku_requests_total", "Haiku asked for.", ["model"], registry=registry)
failures = Counter("haiku_failures_total", "Haiku that the model failed to write.", ["model"], registry=registry)
tokens = Counter("haiku_tokens_total", "Tokens that the model wrote.", ["model"], registry=registry)
seconds = Histogram("haiku_seconds", "How long the model took, failures included.", ["model"], registry=registry)
open_now = Gauge("haiku_open", "Haiku being written at this moment.", registry=registry)
for metric in (requests, failures, tokens, seconds):
    for model in ("llama3.2:1b", "mistral:7b"):
        metric.labels(model)

metrics = make_wsgi_app(registry)
request_id = ContextVar[str]("request_id")
pass_on = {"request": [lambda call: call.headers.update({"X-Request-ID": request_id.get()})]}
llm = ollama.Client(event_hooks=pass_on)


def app(environ: dict, respond: Callable) -> Iterable[bytes]:
    """Answer POST with a haiku, GET with the metrics."""
    if environ["REQUEST_METHOD"] == "GET":
        return metrics(environ, respond)
    request_id.set(environ["HTTP_X_REQUEST_ID"])
    model = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["model"]
    requests.labels(model).inc()
    try:
        with open_now.track_inprogress(), seconds.labels(model).time():
            haiku = llm.generate(model, "Write a haiku about an alert at night.")
    except ollama.ResponseError as error:
        failures.labels(model).inc()
        respond("502 Bad Gateway", [("Content-Type", "text/plain")])
        return [str(error).encode()]
    tokens.labels(model).inc(haiku.eval_count)
    respond("200 OK", [("Content-Type", "text/plain")])
    return [haiku.response.encode()]


class Server(ThreadingMixIn, WSGIServer):
    """One thread for each request."""


make_server("127.0.0.1", int(os.environ["PORT"]), app, Server).serve_forever()
