"""How a user names a Prometheus that is there already."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from promdrill.errors import EvidenceError, UsageError
from promdrill.evidence.external import ANSWERS_FILE, PrometheusAddress, read_prometheus
from promdrill.evidence.prometheus_api import Answer, QueryError, Series

if TYPE_CHECKING:
    from pathlib import Path

UP = {"metric": {"job": "app", "pod": "a"}, "value": [1, "1"]}
ANSWERS = [
    ("query?query=up&time=1.000", 200, {"status": "success", "data": {"resultType": "vector", "result": [UP]}}),
    ("query?query=no%28&time=1.000", 400, {"status": "error", "error": "parse"}),
]


def test_secrets_are_kept_apart() -> None:
    """User and password leave the URL, and neither they nor a header's value are shown."""
    existing = PrometheusAddress.parse(
        "https://me:pass%20word@mimir:443/prometheus/", ["X-Scope-OrgID: team-a", "A:  b: c"]
    )
    assert existing == PrometheusAddress(
        "https://mimir/prometheus", ("me", "pass word"), {"X-Scope-OrgID": "team-a", "A": "b: c"}
    )
    assert repr(existing) == "PrometheusAddress(url='https://mimir/prometheus')"


@pytest.mark.parametrize(
    ("url", "headers", "said"),
    [
        ("prometheus:9090", [], "begins with http:// or https:// and names a host"),
        ("http://", [], "begins with http:// or https:// and names a host"),
        ("http://me:secret@h:port", [], "--prometheus-url is not a URL"),
        ("http://h/?token=secret", [], "ends where /api/v1 begins"),
        ("http://h", ["secret"], "written like 'X-Scope-OrgID: team-a'"),
        ("http://h", ["Bad name: secret"], "written like 'X-Scope-OrgID: team-a'"),
    ],
)
def test_what_is_none_is_refused(url: str, headers: list[str], said: str) -> None:
    """What cannot be used is wrong use, and no secret in it is repeated."""
    with pytest.raises(UsageError) as raised:
        PrometheusAddress.parse(url, headers)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


def test_answers_are_given_again(tmp_path: Path) -> None:
    """A replay has the answers of the run, without the labels that the app did not give, and no others."""
    rows = [{"asked": asked, "status": status, "text": json.dumps(body)} for asked, status, body in ANSWERS]
    (tmp_path / ANSWERS_FILE).write_text("\n".join(map(json.dumps, rows)))
    with closing(read_prometheus(tmp_path, "http://gone", ["pod"])) as api:
        assert api.query("up", 1) == Answer((Series("", (("job", "app"),), ((1.0, 1.0),)),))
        with pytest.raises(QueryError, match="parse"):
            api.query("no(", 1)
        with pytest.raises(EvidenceError, match="the run did not send it"):
            api.query("up", 2)


@pytest.mark.parametrize("text", [None, "{}", "nonsense"])
def test_answers_that_cannot_be_read(tmp_path: Path, text: str | None) -> None:
    """Without them the evidence is not whole."""
    if text:
        (tmp_path / ANSWERS_FILE).write_text(text)
    with pytest.raises(EvidenceError, match="cannot be read"):
        read_prometheus(tmp_path, "http://gone", [])
