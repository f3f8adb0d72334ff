"""A check is a function of evidence: a test gives it as much of one as it reads."""

from types import SimpleNamespace

import pytest
from promdrill_cardinality import cardinality

from promdrill.checks import Status


@pytest.mark.parametrize(("series", "status"), [(100, Status.PASSED), (101, Status.FAILED)])
def test_series_are_counted(series, status):
    """A hundred series are no fault, one more is."""
    metric = SimpleNamespace(source="orders:7")
    evidence = SimpleNamespace(
        last_scrape=SimpleNamespace(families={"orders_total": SimpleNamespace(label_sets=lambda: set(range(series)))}),
        scenario=SimpleNamespace(contract=SimpleNamespace(metrics={"orders_total": metric}), source=lambda _: None),
    )
    assert [(one.subject, one.status) for one in cardinality(evidence)] == [("orders_total", status)]
