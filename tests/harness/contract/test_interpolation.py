from __future__ import annotations

import pytest

from promdrill.contract.interpolation import LABEL_VALUES, Chosen, interpolate, names, times

MODELS = Chosen(("gpt-3.5", "a|b\\"), several=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('x{m=~"$model"}', r'x{m=~"(gpt-3\\.5|a\\|b\\\\)"}'),
        ('x{m=~"${model}_old"}', r'x{m=~"(gpt-3\\.5|a\\|b\\\\)_old"}'),
        ('x{m=~"[[model]]"}', r'x{m=~"(gpt-3\\.5|a\\|b\\\\)"}'),
        ("x{m='${model:raw}'}", "x{m='gpt-3.5,a|b\\'}"),
        ("x * $price", "x * 0.5"),
        ('x{m=~"$every"}', 'x{m=~".+"}'),
        ('label_replace(x, "a", "$1", "b", "$modelled")', 'label_replace(x, "a", "$1", "b", "$modelled")'),
    ],
)
def test_interpolated(text: str, expected: str) -> None:
    """A variable of several values becomes a regular expression, one of one a text, and what is none stays."""
    values = {"model": MODELS, "price": Chosen(("0.5",)), "every": Chosen(("a", "b"), several=True, every=".+")}
    assert interpolate(text, values) == expected


def test_one_of_several() -> None:
    """One value that is chosen where there could be several is escaped and stands without parentheses."""
    assert str(Chosen(("/tasks/{id}",), several=True)) == r"/tasks/\\{id\\}"


def test_names() -> None:
    """Every notation of a variable is found."""
    assert names("$a ${b} ${c:raw} [[d]] $__interval {{e}}") == {"a", "b", "c", "d", "__interval"}


def test_times() -> None:
    """$__rate_interval spans four scrapes, and $__interval one where the panel has more points than there are."""
    assert {name: str(value) for name, value in times(1000.0, 1006.2, 0.25).items()} == {
        "__interval": "250ms",
        "__interval_ms": "250",
        "__rate_interval": "1s",
        "__range": "6s",
        "__range_s": "6",
        "__range_ms": "6000",
        "__from": "1000000",
        "__to": "1006200",
    }


@pytest.mark.parametrize(
    ("length", "least_steps", "interval", "rate_interval"),
    [
        (60, (None, ""), "15s", "1m"),
        (60, (None, "30s"), "30s", "2m"),
        (60, (">10s", "30s"), "10s", "40s"),
        (86_400, (), "1m26s400ms", "1m41s400ms"),
    ],
)
def test_least_step(length: int, least_steps: tuple[str | None, ...], interval: str, rate_interval: str) -> None:
    """A least step takes the scrape interval's place, the query's before the panel's; a long range has longer steps."""
    given = times(0, length, 15, least_steps)
    assert (str(given["__interval"]), str(given["__rate_interval"])) == (interval, rate_interval)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("label_values(model)", (None, "model")),
        ("label_values(calls_total, model)", ("calls_total", "model")),
        ('label_values(calls_total{kind=~"a,b", x="y"}, model)', ('calls_total{kind=~"a,b", x="y"}', "model")),
        ("query_result(up)", None),
    ],
)
def test_label_values(query: str, expected: tuple[str | None, str] | None) -> None:
    """Both of Grafana's notations for the values of a label are understood."""
    found = LABEL_VALUES.fullmatch(query)
    assert (found and (found["selector"], found["label"])) == expected
