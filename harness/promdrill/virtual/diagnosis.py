"""Why an alert cannot fire, or says nothing when it does: joins that never match, labels that templates lack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import promql_parser

from promdrill.rules import promql
from promdrill.virtual.search import Input, Setting, steady

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.virtual.life import Life
    from promdrill.virtual.motion import Motions
    from promdrill.virtual.promtool import Observed

# A label that is printed; one that a condition asks for may be missing on purpose.
PRINTED = re.compile(r"\{\{-?\s*(?:printf\s+\S+\s+)?\$labels\.(\w+)")
CONDITIONAL = re.compile(r"\{\{-?\s*(?:if|with)\b[^}]*\$labels\.(\w+)")
# A query of its own, on series that the expression need not read.
QUERIES = re.compile(r"\{\{[^}]*\bquery\b")
NO_VALUE = "<no value>"
TEMPLATE_ERROR = "<error expanding template"


def never_matching(setting: Setting, motions: Motions) -> str | None:
    """Return which two sides have series and labels that never match, if an input shows such a join."""
    joins = list(_joins(promql.parse(setting.rule.expr)))
    if not joins:
        return None
    texts = [text for _, *texts in joins for text in texts]
    (seen,) = setting.observe([steady(setting, Input(motions), texts)])
    for index, (node, one, other) in enumerate(joins):
        left, right = (seen.answers.get(1 + 2 * index + side, ()) for side in (0, 1))
        if left and right:
            names = [_compared(node, sample.labels) for sample in (left[0], right[0])]
            if names[0] != names[1]:
                apart = " and ".join(
                    f"`{text.replace('{}', '')}` has {_list(own)}"
                    for text, own in zip((one, other), names, strict=True)
                )
                return f"its two sides never match: {apart}"
    return None


def _joins(node: promql_parser.Expr) -> Iterator[tuple[promql_parser.BinaryExpr, str, str]]:
    """Yield the joins of an expression that need labels to match, with the text of their sides."""
    for one in promql.nodes(node):
        if isinstance(one, promql_parser.BinaryExpr) and str(one.op) not in {"or", "unless"}:
            texts = [promql.text_of(side) for side in (one.lhs, one.rhs)]
            if all(promql.selectors(side) for side in (one.lhs, one.rhs)) and texts[0] and texts[1]:
                yield one, texts[0], texts[1]


def _compared(node: promql_parser.BinaryExpr, labels: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the labels that a join compares."""
    own = frozenset(labels) - {"__name__"}
    matching = node.modifier.matching if node.modifier else None
    if matching is None:
        return own
    on = matching.type == promql_parser.LabelModifierType.Include
    return own & frozenset(matching.labels) if on else own - frozenset(matching.labels)


def _list(names: frozenset[str]) -> str:
    return f"the labels {', '.join(sorted(names))}" if names else "no labels"


def wrong_texts(setting: Setting, life: Life) -> str | None:
    """Return what is wrong with the labels and annotations of an alert that fires."""
    rule = setting.rule
    for one in life.fired:
        for where, text in {**rule.annotations, **rule.labels}.items():
            rendered = {**one.annotations, **one.labels}.get(where, "")
            if (TEMPLATE_ERROR in rendered or NO_VALUE in rendered) and not QUERIES.search(text):
                return f"{where} renders as {rendered!r}"
            optional = set(CONDITIONAL.findall(text))
            for label in PRINTED.findall(text):
                if label not in one.labels and label not in optional:
                    has = ", ".join(sorted(set(one.labels) - {"alertname"})) or "none"
                    return f"$labels.{label} in {where} renders as nothing: the alert's labels are {has}"
    return None


def complaint(observed: tuple[Observed, ...]) -> str | None:
    """Return the first error that promtool met."""
    return next((error for one in observed for error in one.errors), None)
