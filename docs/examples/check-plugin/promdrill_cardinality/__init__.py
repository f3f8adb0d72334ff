"""A check for promdrill: no metric has too many series."""

from collections.abc import Iterator

from promdrill.checks import Evidence, Result, ResultsFor

LIMIT = 100


def cardinality(evidence: Evidence) -> Iterator[Result]:
    """After the load, no documented metric has more than 100 series."""
    exposed = evidence.last_scrape.families
    for name, metric in evidence.scenario.contract.metrics.items():
        if name not in exposed:
            continue  # the check `metric` says so
        claim = ResultsFor("cardinality", name, evidence.scenario.source(metric.source))
        series = len(exposed[name].label_sets())
        if series > LIMIT:
            yield claim.failed(
                f"{name} has {series} series, more than {LIMIT}",
                "remove the label whose values have no bound, such as an id",
                series=series,
            )
        else:
            yield claim.passed(f"{name} has {series} series, no more than {LIMIT}", series=series)
