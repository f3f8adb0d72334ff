from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from promdrill.prove.catalogue import read_catalogue
from promdrill.prove.promtool import Promtool
from promdrill.prove.proof import Proof, prove
from promdrill.rules.rulebook import read_rulebook
from promdrill.stack import binaries

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def promtool() -> Promtool:
    """The promtool of the machine."""
    return Promtool(binaries.find("promtool").path)


@dataclass(frozen=True)
class Prover:
    """Writes rules into a folder and proves them."""

    folder: Path
    promtool: Promtool

    def file(self, *rules: dict[str, Any], name: str = "rules.yml", **group: Any) -> Path:  # noqa: ANN401 - YAML
        """Return a rule file of one group."""
        path = self.folder / name
        path.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": list(rules), **group}]}))
        return path

    def __call__(self, *rules: dict[str, Any], contract: dict[str, Any] | None = None) -> Proof:
        """Return the proof of the last of some rules, on its own or with the metrics of a contract."""
        book = read_rulebook([self.file(*rules)])
        catalogue = None
        if contract is not None:
            path = self.folder / "contract.yml"
            sourced = {name: {**metric, "source": "doc:1"} for name, metric in contract.items()}
            path.write_text(yaml.safe_dump({"system": "shop", "documents": {"doc": "doc.md"}, "metrics": sourced}))
            catalogue = read_catalogue(path)
        return prove(book.alerts[-1], book, self.promtool, catalogue)


@pytest.fixture
def proved(tmp_path: Path, promtool: Promtool) -> Prover:
    """Prove rules."""
    return Prover(tmp_path, promtool)
