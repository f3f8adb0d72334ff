"""What a test expects of an app's metrics: `expect(prometheus).counter(…).increased_by(3)` (docs/pytest.md)."""

from harness.expect.expecting import expect

__all__ = ["expect"]
