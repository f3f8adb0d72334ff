"""The stack for anybody's tests. Each session of pytest in here starts one, and waits for a hundred scrapes or so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "examples" / "haiku"
PAGE = (DOCS / "pytest.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(TOLD,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
FAILING = "def test_each_haiku_is_one_token"

SAID = """
import pytest

def said(expectation, *given, **more):
    with pytest.raises(AssertionError) as failure:
        expectation(*given, **more)
    return str(failure.value)
"""

# They run after those of the example, which leave the alert firing.
HAIKU = (
    SAID
    + '''
import threading
from promdrill.errors import StackError, UsageError
from promdrill.testing import expect

RULE = """

The rule (for: 2m), its times divided by 150:
  sum(rate(haiku_failures_total[2s])) / sum(rate(haiku_requests_total[2s])) > 0.2

Prometheus answers:
"""

def test_an_alert(promdrill_prometheus):
    alert = expect(promdrill_prometheus).alert("HaikuFailing", severity="warning")
    named = 'HaikuFailing{severity="warning"}'
    assert said(alert.fires) == f"{named} was firing when the test began: end the test before with .is_inactive()"
    assert said(alert.is_inactive).startswith(f"{named} is firing{RULE}  {{}}  ")
    alert.is_inactive(within=20)
    expect(promdrill_prometheus).alert("HaikuFailing", severity="critical").is_inactive()
    unknown = expect(promdrill_prometheus).alert("HaikuFails")
    assert said(unknown.fires) == "there is no alert 'HaikuFails' (did you mean 'HaikuFailing'?): HaikuFailing"

def test_an_alert_that_does_not_fire(promdrill_prometheus):
    alert = expect(promdrill_prometheus).alert("HaikuFailing")
    assert said(alert.fires, within=0) == f"HaikuFailing did not fire within 0 s{RULE}  nothing"

def test_counters(ask, promdrill_prometheus, promdrill_ledger):
    ask("mistral:7b", 3)
    ask("llama3.2:1b")
    expected = expect(promdrill_prometheus)
    table = """

Prometheus, since the test began:
  {model="llama3.2:1b"}  +1
  {model="mistral:7b"}   +3"""
    requests = expected.counter("haiku_requests_total", model="mistral:7b")
    assert said(requests.increased_by, 2) == (
        'haiku_requests_total{model="mistral:7b"} increased by 3, expected 2' + table)
    assert said(requests.increased_by, 4, within=0.1) == (
        'haiku_requests_total{model="mistral:7b"} increased by 3, expected 4' + table)
    assert said(requests.increased_by, 0) == (
        'haiku_requests_total{model="mistral:7b"} cannot increase by 0: use .unchanged() where nothing may happen')
    assert said(expected.counter("haiku_requests_total").unchanged) == (
        "haiku_requests_total increased by 4, expected none" + table)
    assert said(expected.counter("haiku_failures_total").increased).startswith("haiku_failures_total did not increase")
    expected.counter("haiku_requests_total").increased_by(promdrill_ledger.count("ollama"))
    expected.counter("haiku_requests_total").increased_by(pytest.approx(4.1, abs=0.2))
    expected.counter("haiku_requests_total").increased()
    expected.counter("haiku_tokens_total").agrees_with_ledger()
    with pytest.raises(UsageError, match="haiku_requests_total has no witness among the fakes in contract.yml"):
        expected.counter("haiku_requests_total").agrees_with_ledger()
    assert said(expected.counter("haiku_failures_total").agrees_with_ledger) == (
        """haiku_failures_total has nothing to compare: nothing happened that it counts

Prometheus, since the test began:
  {model="llama3.2:1b"}  +0
  {model="mistral:7b"}   +0

The fakes, by the witness in the contract:
  nothing""")

def test_names(promdrill_prometheus):
    expected = expect(promdrill_prometheus)
    assert said(expected.counter("haiku_request_total").unchanged) == (
        "the app exposes no metric 'haiku_request_total' (did you mean 'haiku_requests_total'?), but 6 others")
    assert said(expected.counter("haiku_requests_total", mode="any").unchanged) == (
        "haiku_requests_total has no label 'mode' (did you mean 'model'?): model")
    assert said(expected.counter("haiku_requests_total", model="mistral").unchanged) == (
        "haiku_requests_total has no model 'mistral' (did you mean 'mistral:7b'?): 'llama3.2:1b', 'mistral:7b'")
    assert said(expected.gauge("haiku_requests_total").equals, 0) == (
        "haiku_requests_total is a counter: say .counter('haiku_requests_total', …)")
    assert said(expected.histogram("haiku_open").observed, 1) == "haiku_open is a gauge: say .gauge('haiku_open', …)"

def test_a_histogram(ask, promdrill_prometheus):
    ask("mistral:7b", 2)
    histogram = expect(promdrill_prometheus).histogram("haiku_seconds", model="mistral:7b")
    assert said(histogram.observed, 1) == """\\
haiku_seconds_count{model="mistral:7b"} increased by 2, expected 1

Prometheus, since the test began:
  {model="llama3.2:1b"}  +0
  {model="mistral:7b"}   +2"""
    histogram.sum_between(0, 60)
    assert "expected 60 to 61" in said(histogram.sum_between, 60, 61)

def test_gauges(promdrill_prometheus):
    gauge = expect(promdrill_prometheus).gauge("haiku_waiting", model="b")
    gauge.equals(7)
    gauge.is_between(6, 8)
    gauge.returns_to_start()
    table = """

Prometheus:
  {model="a"}  0
  {model="b"}  7"""
    assert said(gauge.equals, 3) == 'haiku_waiting{model="b"} is 7, expected 3' + table
    assert said(gauge.is_between, 1, 2) == 'haiku_waiting{model="b"} is 7, expected 1 to 2' + table
    several = expect(promdrill_prometheus).gauge("haiku_waiting")
    assert said(several.equals, 7) == "haiku_waiting is 2 series: give the labels of one" + table

def test_queries(promdrill_prometheus):
    expected = expect(promdrill_prometheus)
    expected.query("sum(haiku_waiting)").returns(7)
    expected.query("scalar(sum(haiku_waiting))").is_between(6, 8)
    expected.query("haiku_waiting > 7").is_empty()
    assert said(expected.query("haiku_waiting").returns, 7) == """\\
expected 7 of the query haiku_waiting

Prometheus answers:
  {model="a"}  0
  {model="b"}  7"""
    assert said(expected.query("sum(").is_empty).startswith("Prometheus refuses the query sum(\\n")

def test_an_app_at_work_is_awaited(ask, promdrill_stack, promdrill_prometheus):
    promdrill_stack.fake("ollama").set_latency("generate", constant={"seconds": 1})
    asking = threading.Thread(target=ask, args=["mistral:7b"])
    asking.start()
    expect(promdrill_prometheus).counter("haiku_tokens_total").agrees_with_ledger()
    asking.join()

def test_each_test_begins_anew(ask, promdrill_stack, promdrill_ledger):
    assert promdrill_ledger.count("ollama") == 0
    assert list(promdrill_stack.urls) == ["app", "prometheus", "alertmanager", "ollama"]
    assert promdrill_stack.environment == promdrill_stack.fake("ollama").environment
    with promdrill_stack.fault("every_other_call_fails"):
        assert ask("mistral:7b", 2) == [200, 502]
    assert ask("mistral:7b", 2) == [200, 200]
    assert promdrill_ledger.count("ollama", outcome="error") == 1
    promdrill_stack.settled()
    with pytest.raises(UsageError, match="no fake 's3' is served: ollama"):
        promdrill_stack.fake("s3")
    with pytest.raises(UsageError, match="the drill has no fault 'any': every_other_call_fails"):
        promdrill_stack.fault("any")
    with pytest.raises(UsageError, match=r"no fake is called 'olama' \\(did you mean 'ollama'\\?\\)"):
        promdrill_ledger.count("olama")
    with pytest.raises(UsageError, match=r"the ledger of ollama has no column 'mode' \\(did you mean 'model'\\?\\)"):
        promdrill_ledger.rows("ollama", mode="any")

def test_an_app_that_dies(promdrill_stack, promdrill_prometheus):
    promdrill_stack.stack.app_process.process.kill()
    with pytest.raises(StackError, match="app exited during the run .killed by SIGKILL."):
        expect(promdrill_prometheus).counter("haiku_requests_total").unchanged()

def test_and_is_not_there(promdrill_stack):
    """It is an error of this one, and of all that follow."""
'''
)

CREW = (
    SAID
    + '''
import httpx
from promdrill.testing import expect

def test_llm(promdrill_stack, promdrill_prometheus):
    for _ in range(2):
        asked = {"model": "mistral:7b", "stream": False, "plan": "free", "topic": "alerts"}
        assert httpx.post(promdrill_stack.url + "/generate", json=asked).status_code == 200
    expected = expect(promdrill_prometheus)
    table = """

Prometheus, since the test began:
  {model="llama3.2:1b"}  +0
  {model="mistral:7b"}   +4

The fakes, by the witness in the contract:
  {model="mistral:7b"}  2"""
    counter = expected.counter("llm_calls_total", model="mistral:7b")
    assert said(counter.increased_by, 2) == 'llm_calls_total{model="mistral:7b"} increased by 4, expected 2' + table
    assert said(counter.agrees_with_ledger) == (
        'llm_calls_total{model="mistral:7b"} differs from what the fakes served' + table)
    expected.counter("llm_failures_total").unchanged()

def test_a_voice_is_one_of_three(promdrill_stack, promdrill_ledger):
    spoken = {"provider": "piper", "plan": "free", "text": "Fire drills."}
    assert httpx.post(promdrill_stack.url + "/voiceovers", json=spoken).status_code == 200
    assert (promdrill_ledger.count("piper"), promdrill_ledger.count("gtts"), promdrill_ledger.count("tts")) == (1, 0, 1)
    assert promdrill_stack.fake("gtts").url.startswith("https://")

def test_a_retry_is_the_same_operation(promdrill_stack, promdrill_prometheus, promdrill_ledger):
    promdrill_stack.fake("s3").put_fault("slow", {"status": 503, "code": "SlowDown"}, trigger={"first": 1})
    stored = httpx.post(promdrill_stack.url + "/artifacts/blog?plan=free", content=b"hello")
    assert stored.status_code == 201
    assert promdrill_ledger.count("s3", verb="put") == 1
    assert promdrill_ledger.count("s3", verb="put", unit="attempts") == 2
    expect(promdrill_prometheus).counter("storage_put_total").increased_by(1)
'''
)


@pytest.fixture
def haiku(pytester: pytest.Pytester) -> Path:
    """Return a copy of the example."""
    return Path(shutil.copytree(EXAMPLE, pytester.path / "haiku"))


def test_a_system_of_ones_own(pytester: pytest.Pytester, haiku: Path) -> None:
    """The example passes; what does not hold is told, as the page shows it; what cannot be looked at is an error."""
    app = haiku / "app.py"
    waiting = 'waiting = Gauge("haiku_waiting", "Any.", ["model"], registry=registry)\nwaiting.labels("a")\n'
    text = app.read_text(encoding="utf-8").replace("open_now =", f'{waiting}waiting.labels("b").set(7)\nopen_now =')
    app.write_text(text, encoding="utf-8")
    with (haiku / "drill.yml").open("a", encoding="utf-8") as drill:
        drill.write("prometheus: {scrape_interval: 100ms, evaluation_interval: 100ms}\n")
    (haiku / "test_more.py").write_text(HAIKU, encoding="utf-8")
    (failing,) = (snippet for snippet in SNIPPETS if FAILING in snippet)
    (haiku / "test_failing.py").write_text(f"from promdrill.testing import expect\n\n\n{failing}", encoding="utf-8")
    ended = pytester.runpytest_subprocess("-W", "error", "haiku")
    ended.assert_outcomes(passed=13, failed=1, errors=1)
    assert TOLD in ended.stdout.str()
    ended.stdout.fnmatch_lines(
        ["*ERROR at setup of test_and_is_not_there*", "app exited during the run (killed by SIGKILL)*"]
    )


def test_a_bundled_system_broken_on_purpose(pytester: pytest.Pytester) -> None:
    """A mutant is found by the test that looks there; retries and providers are told apart in the ledger."""
    pytester.makepyfile(CREW)
    pytester.makeini("[pytest]\npromdrill_system = content_creation_crew")
    pytester.runpytest_subprocess("--promdrill-mutant=llm_call_counted_twice").assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "promdrill_stack does not know which system it is to start. Name a bundled one, or a folder that*"),
        (
            ["--promdrill-system=content_crew"],
            "there is no system 'content_crew' (did you mean 'content_creation_crew'?)*",
        ),
        (["--promdrill-system=ai_shorts", "--promdrill-mutant=any"], "there is no mutant 'any'*"),
    ],
)
def test_wrong_use(pytester: pytest.Pytester, arguments: list[str], told: str) -> None:
    """What cannot be started is told before anything is, and without a traceback."""
    pytester.makepyfile("def test_any(promdrill_prometheus): pass")
    ended = pytester.runpytest_subprocess(*arguments)
    ended.assert_outcomes(errors=1)
    ended.stdout.fnmatch_lines(["*ERROR at setup of test_any*", told])


def test_an_app_that_does_not_start(pytester: pytest.Pytester, haiku: Path) -> None:
    """A start that fails names the part and its log."""
    (haiku / "app.py").write_text("raise SystemExit('no haiku today')", encoding="utf-8")
    ended = pytester.runpytest_subprocess("haiku/test_haiku.py", "-k", "double")
    ended.assert_outcomes(errors=1, deselected=2)
    ended.stdout.fnmatch_lines(
        ["app exited while it was starting (exit code 1)*", "    no haiku today", "All logs are in */logs"]
    )


@pytest.mark.parametrize("snippet", [snippet for snippet in SNIPPETS if FAILING not in snippet])
def test_the_page_shows_the_example(snippet: str) -> None:
    """Each snippet of the page stands in a file of the example, to the letter."""
    assert [path.name for path in EXAMPLE.glob("*.py") if snippet in path.read_text(encoding="utf-8")]
