"""What the app counts, tested as one tests anything else (docs/pytest.md). Run it with `pytest` in this folder."""

from promdrill.testing import expect


def test_haiku_are_counted(ask, promdrill_prometheus):
    """Each is counted under its model, and not under the other."""
    assert ask("mistral:7b", 3) == [200, 200, 200]
    expect(promdrill_prometheus).counter("haiku_requests_total", model="mistral:7b").increased_by(3)
    expect(promdrill_prometheus).counter("haiku_requests_total", model="llama3.2:1b").unchanged()
    expect(promdrill_prometheus).histogram("haiku_seconds").observed(3)
    expect(promdrill_prometheus).gauge("haiku_open").returns_to_start()


def test_double_entry(ask, promdrill_prometheus, promdrill_ledger):
    """The app says that the model wrote as much as the fake model says."""
    ask("mistral:7b", 2)
    tokens = sum(row["completion_tokens"] for row in promdrill_ledger.rows("ollama", model="mistral:7b"))
    expect(promdrill_prometheus).counter("haiku_tokens_total", model="mistral:7b").increased_by(tokens)


def test_failures_are_counted_and_alerted_on(ask, promdrill_stack, promdrill_prometheus):
    """A model that is down is a failure of each haiku, and in two minutes (of compressed time) an alert."""
    promdrill_stack.fake("ollama").put_fault("down", {"status": 500})
    assert ask("llama3.2:1b", 3) == [502, 502, 502]
    expect(promdrill_prometheus).counter("haiku_failures_total").agrees_with_ledger()
    expect(promdrill_prometheus).alert("HaikuFailing").fires()
