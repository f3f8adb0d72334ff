"""What a contract mentions by name: documents, their lines, PromQL; looked for whatever else is wrong in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.contract.names import SOURCE
from promdrill.rules import promql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promdrill.yamlfile import Key, YamlFile

# Sections whose expressions are claims of their own, so that none may stand twice.
CLAIMED = ("queries", "costs", "invariants")
SECTIONS = (*CLAIMED, "thresholds", "alerts", "errata")
EXPRESSIONS = frozenset({"expr", "empty", "data"})
# Below these, keys are names of labels, parameters and templates.
NAMES = frozenset({"where", "call", "annotations"})


def document_path(folder: Path, document: str) -> Path:
    """Return where a contract's document lies: below its own folder, or below the project's root."""
    own = folder / document
    return own if own.is_file() else conventions.ROOT / document


def verify_sources(file: YamlFile, folder: Path) -> None:
    """Note documents and lines that are not there, PromQL that does not parse, and expressions that stand twice."""
    if isinstance(file.data, dict):
        _documents(file.data, file, folder)
        _expressions(file.data, file)


def _documents(data: dict[object, object], file: YamlFile, folder: Path) -> None:
    documents = data.get("documents")
    lengths: dict[object, int | None] = {}
    for name, document in documents.items() if isinstance(documents, dict) else ():
        found = document_path(folder, str(document))
        lengths[name] = len(found.read_bytes().splitlines()) if found.is_file() else None
        if lengths[name] is None:
            file.problem(
                ("documents", name),
                f"document {document} not found",
                "paths start at the contract's folder, or at the project's root",
            )
    for path, reference in _texts(data, (), frozenset({"source"})):
        source = SOURCE.fullmatch(reference)
        if source is None:
            continue  # its shape is wrong, which the record says
        if source["document"] not in lengths:
            known = ", ".join(str(name) for name in lengths)
            file.problem(path, f"source {reference} names no document of this contract", f"known: {known}")
        elif (length := lengths[source["document"]]) is not None and int(source["line"]) > length:
            file.problem(path, f"source {reference} lies beyond the document's last line, {length}")


def _expressions(data: dict[object, object], file: YamlFile) -> None:
    seen: dict[str, Key] = {}
    for section in SECTIONS:
        for path, expression in _texts(data.get(section), (section,), EXPRESSIONS):
            if NAMES & set(path):
                continue
            # That of an alert is its rule's, which promtool judges.
            if error := (promql.value_error if section == "alerts" else promql.syntax_error)(expression):
                file.problem(path, f"bad PromQL: {expression}: {error}")
            elif section == "invariants" and (error := promql.comparison_error(expression)):
                file.problem(path, f"not an invariant: {expression}: {error}")
            first = seen.setdefault(promql.squeeze(expression), path) if section in CLAIMED else path
            if first != path:
                file.problem(path, f"duplicate expression, first on line {file.line(first)}: {expression}")


def _texts(data: object, path: Key, keys: frozenset[str]) -> Iterator[tuple[Key, str]]:
    """Yield every text that stands under one of these keys, with its path."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in keys and isinstance(value, str):
                yield (*path, key), value
            else:
                yield from _texts(value, (*path, key), keys)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _texts(value, (*path, index), keys)
