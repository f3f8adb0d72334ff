"""What a test expects of an app's metrics: `expect(prometheus).counter(…).increased_by(3)` (docs/pytest.md).

Public: `expect`, and the types of the fixtures. Next to nothing is imported in a session of pytest that asks for none.
"""

from typing import TYPE_CHECKING

from promdrill import lazy

if TYPE_CHECKING:
    from promdrill.stack.standalone import Fake, Standing
    from promdrill.testing.expectations import expect
    from promdrill.testing.ledger import Ledger
    from promdrill.testing.metrics_client import MetricsClient
    from promdrill.testing.stack import RunningStack

__all__ = ["Fake", "Ledger", "MetricsClient", "RunningStack", "Standing", "expect"]
__getattr__ = lazy.attributes(
    __name__,
    {
        **dict.fromkeys(("Fake", "Standing"), "promdrill.stack.standalone"),
        "Ledger": f"{__name__}.ledger",
        "RunningStack": f"{__name__}.stack",
        "MetricsClient": f"{__name__}.metrics_client",
        "expect": f"{__name__}.expectations",
    },
)
