"""Which labels the series of an alert carry, so that its joins match as far as its own words and a contract allow."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import promql_parser

from promdrill.prove.catalogue import TARGET, Catalogue
from promdrill.prove.errors import NotPromisedError, OutOfReachError
from promdrill.rules import promql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promdrill.prove.series import Labels
    from promdrill.rules.promql import Matcher
    from promdrill.rules.rulefile import Rule

# What each piece of a regular expression becomes, in this order; what is left is taken as it stands.
PIECES = (
    (r"\\([.\-/+*?()\[\]{}|^$\\])", lambda found: f"\x00{ord(found[1])}\x01"),
    (r"\(\?P<\w+>|\(\?[a-z]*:", lambda _: "("),
    (r"\(\?[a-z]+\)", lambda _: ""),
    (r"\\d", lambda _: "1"),
    (r"\\w", lambda _: "a"),
    (r"\\s", lambda _: " "),
    (r"\[\^[^\]]*\]", lambda _: "a"),
    (r"\[(.)[^\]]*\]", lambda found: found[1]),
    (r"\.\*\??", lambda _: ""),
    (r"\.", lambda _: "x"),
    (r"(.)\{(\d+)[^}]*\}", lambda found: found[1] * max(1, int(found[2]))),
    (r"[\^$]", lambda _: ""),
)
INNERMOST = re.compile(r"\(([^()]*)\)[*+?]?")
MOST = 50
IN_TEMPLATES = re.compile(r"\$labels\.(\w+)|\.Labels\.(\w+)")


class Labeller:
    """Gives each selector of an alert the labels of one series that it selects.

    With `alike`, series also carry the values that other selectors of the alert ask for: those then select the same.
    """

    def __init__(
        self, alert: Rule, feeding: Iterable[Rule], catalogue: Catalogue | None = None, *, alike: bool = False
    ) -> None:
        self.catalogue, self.alike = catalogue, alike
        rules = (alert, *feeding)
        self.recorded = {rule.record: rule for rule in rules if rule.record}
        nodes = [node for rule in rules for node in promql.nodes(promql.parse(rule.expr))]
        self.asked: dict[str, dict[str, None]] = defaultdict(dict)
        self.base: dict[str, str] = {}
        for label in self._alert_labels(alert, nodes):
            if label not in {"le", "__name__"}:
                self.base.setdefault(label, f"{label}-1")
        for node in nodes:
            if isinstance(node, promql_parser.VectorSelector):
                self._note(node)
            elif isinstance(node, promql_parser.Call) and node.func.name == "label_replace":
                self._note_replacement(node)

    @staticmethod
    def _alert_labels(alert: Rule, nodes: Iterable[promql_parser.Expr]) -> Iterable[str]:
        """Yield the labels that the alert names: in by, on and group, and in its templates."""
        for node in nodes:
            if isinstance(node, promql_parser.AggregateExpr) and node.modifier:
                by = node.modifier.type == promql_parser.AggModifierType.By
                yield from (label for label in node.modifier.labels if by)
            elif isinstance(node, promql_parser.BinaryExpr) and node.modifier:
                matching = node.modifier.matching
                yield from node.modifier.group_labels or ()
                if matching and matching.type == promql_parser.LabelModifierType.Include:
                    yield from matching.labels
        for text in (*alert.annotations.values(), *alert.labels.values()):
            yield from (one or other for one, other in IN_TEMPLATES.findall(text) if (one or other) not in alert.labels)

    def _note(self, selector: promql_parser.VectorSelector) -> None:
        rule = self.recorded.get(promql.metric(selector))
        for one in promql.matchers(selector):
            if one.label in {"__name__", "le"} or (value := example([one], ())) is None:
                continue
            if rule is None:
                if one.operator in {"=", "=~"} and value:
                    self.asked[one.label][value] = None
            elif one.label not in rule.labels and value and one.operator in {"=", "=~"}:
                self.base[one.label] = value  # it must come through the recording rule

    def _note_replacement(self, call: promql_parser.Call) -> None:
        target, replacement, source = (str(getattr(part, "val", "")) for part in call.args[1:4])
        if "$1" in replacement and "__name__" not in {target, source}:
            value = self.base.setdefault(target, f"{target}-1")
            self.base.setdefault(source, replacement.replace("$1", value))

    def labels(self, selector: promql_parser.VectorSelector) -> Labels:
        """Return the labels, `__name__` among them, of the series that a selector is given.

        Raises:
            NotPromisedError: the contract has no such metric, label or value.
            OutOfReachError: no values that its matchers accept were found.
        """
        by_label: dict[str, list[Matcher]] = defaultdict(list)
        for one in promql.matchers(selector):
            by_label[one.label].append(one)
        name = promql.metric(selector)
        if not name:
            known = tuple(self.catalogue.exposed) if self.catalogue else ()
            name = example(by_label["__name__"], known) or ""
            if not name:
                raise OutOfReachError(f"{selector} selects no metric name that could be found")
        by_label.pop("__name__", None)
        values = self._offers(name)
        found = {
            label: self._choose(name, label, offered, by_label.pop(label, [])) for label, offered in values.items()
        }
        for label, asked in by_label.items():
            found[label] = self._own_value(name, label, asked)
        return frozenset({"__name__": name, **{label: value for label, value in found.items() if value}}.items())

    def _offers(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """Return the labels of a metric, each with the values that it may have; without a contract, any."""
        if self.catalogue is not None and name not in self.recorded:
            exposed = self.catalogue.find(name)
            target = {label: (value,) for label, value in self.catalogue.target.items()}
            return {**{label: self._in_order(label, values) for label, values in exposed.labels.items()}, **target}
        offered = {label: (value,) for label, value in self.base.items()}
        if self.alike:
            offered |= {label: (*values, *offered.get(label, ())) for label, values in self.asked.items()}
        return offered

    def _in_order(self, label: str, values: tuple[str, ...]) -> tuple[str, ...]:
        """Return values so that those which other selectors ask for come first, or last."""
        wanted = self.base.get(label)
        return tuple(sorted(values, key=lambda one: (one != wanted, (one in self.asked[label]) is not self.alike)))

    def _choose(self, name: str, label: str, offered: tuple[str, ...], asked: list[Matcher]) -> str:
        value = next((one for one in offered if all(matcher.accepts(one) for matcher in asked)), None)
        if value is None and (self.catalogue is None or label in TARGET or "any" in offered):
            value = example(asked, ())
        if value is None and self.catalogue is not None:
            words = ", ".join(f'{one.label}{one.operator}"{one.value}"' for one in asked)
            raise NotPromisedError(f"{name} has no series with {words}: the contract's values are {', '.join(offered)}")
        if value is None:
            raise OutOfReachError(f"no value of the label {label} was found that its matchers accept")
        return value

    def _own_value(self, name: str, label: str, asked: list[Matcher]) -> str:
        """Return the value of a label that the metric is not said to have."""
        if self.catalogue is not None and label != "le" and name in self.catalogue.exposed:
            if all(one.accepts("") for one in asked):
                return ""
            raise NotPromisedError(f"{name} has no label {label}")
        value = example(asked, (self.base.get(label, f"{label}-1"),))
        if value is None:
            raise OutOfReachError(f"no value of the label {label} was found that its matchers accept")
        return value

    def bounds(self, selector: promql_parser.VectorSelector) -> tuple[float, ...] | None:
        """Return the finite bounds of a histogram's buckets, where a contract gives them."""
        return self.catalogue.find(promql.metric(selector)).buckets if self.catalogue else None


def example(matchers: Iterable[Matcher], offered: Iterable[str]) -> str | None:
    """Return a value that all matchers of one label accept: one of those offered, else one made up; None if none is."""
    matchers = tuple(matchers)
    made = (value for one in matchers for value in _candidates(one))
    return next((value for value in (*offered, *made) if all(one.accepts(value) for one in matchers)), None)


def _candidates(matcher: Matcher) -> Iterator[str]:
    if matcher.operator == "=":
        yield matcher.value
    elif matcher.operator == "=~":
        yield from (re.sub("\x00(\\d+)\x01", lambda found: chr(int(found[1])), text) for text in _texts(matcher.value))
    yield from ("other", "1", "a", "/other", "")


def _texts(pattern: str) -> list[str]:
    for piece, text in PIECES:
        pattern = re.sub(piece, text, pattern)
    texts: list[str] = []
    rest = [pattern]
    while rest and len(texts) < MOST:
        one = rest.pop(0)
        if group := INNERMOST.search(one):
            rest += [one[: group.start()] + part + one[group.end() :] for part in group[1].split("|")]
        else:
            texts += [re.sub(r"(?<=.)[+]|.?[*?]", "", part) for part in one.split("|")]
            texts += [re.sub(r"[+*?]", "", part) for part in one.split("|")]
        rest = rest[:MOST]
    return texts
