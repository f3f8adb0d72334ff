"""Grafana dashboards as files: read into records, or refused with file and line where Grafana could not use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from promdrill.errors import Problem
from promdrill.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.yamlfile import Key

COLUMNS = 24
PROMETHEUS = "prometheus"
# The types of variables whose values stand in the file.
WRITTEN = frozenset({"custom", "constant", "textbox", "interval"})
RESOLVED = WRITTEN | {"query"}


class Part(BaseModel):
    """A part of a dashboard: frozen, under Grafana's own keys; keys that no check reads are left to Grafana."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class DataSource(Part):
    """Where a panel or a variable asks: the plugin's type, and the uid that Grafana knows it by."""

    type: str = PROMETHEUS
    uid: str


class GridPos(Part):
    """A panel's place: column and row of its upper left corner, width and height."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)
    w: int = Field(gt=0)
    h: int = Field(gt=0)

    def overlaps(self, other: GridPos) -> bool:
        """Tell whether two places share a cell."""
        return (
            self.x < other.x + other.w
            and other.x < self.x + self.w
            and self.y < other.y + other.h
            and other.y < self.y + self.h
        )


class Target(Part):
    """One query of a panel. `interval` is its least step, in Prometheus' notation or empty."""

    ref_id: str
    expr: str = ""
    legend_format: str = ""
    format: str = "time_series"
    instant: bool = False
    range: bool = False
    interval: str | None = None
    datasource: DataSource | None = None


class Defaults(Part):
    """How a panel shows its numbers."""

    unit: str = ""


class FieldConfig(Part):
    """The fields of a panel."""

    defaults: Defaults = Defaults()


class Panel(Part):
    """One panel. A row is a panel too; one that is collapsed holds its own."""

    id: int = Field(gt=0)
    type: str
    title: str = ""
    grid_pos: GridPos
    datasource: DataSource | None = None
    targets: tuple[Target, ...] = ()
    interval: str | None = None
    field_config: FieldConfig = FieldConfig()
    panels: tuple[Panel, ...] = ()

    @property
    def is_row(self) -> bool:
        """Tell whether it is the heading of those below it."""
        return self.type == "row"

    @property
    def queries(self) -> tuple[Target, ...]:
        """What it asks of Prometheus."""
        return tuple(
            target
            for target in self.targets
            if target.expr and (target.datasource or self.datasource or DataSource(uid="")).type == PROMETHEUS
        )


class Variable(Part):
    """A variable of a dashboard, which its queries name as `$name` or `${name}`."""

    name: str = Field(pattern=r"^\w+$")
    type: str
    query: str | dict[str, Any] = ""
    datasource: DataSource | None = None
    include_all: bool = False
    all_value: str | None = None
    multi: bool = False
    regex: str = ""

    @property
    def query_text(self) -> str:
        """Its query as text, in whichever of Grafana's two forms it is written."""
        return str(self.query.get("query", "")) if isinstance(self.query, dict) else self.query

    @property
    def file_values(self) -> tuple[str, ...]:
        """The values that stand in the file, none for those that are asked for."""
        if self.type not in WRITTEN:
            return ()
        if self.type == "textbox":
            return (self.query_text,)
        return tuple(value.strip() for value in self.query_text.split(","))


class Templating(Part):
    """The variables of a dashboard."""

    variables: tuple[Variable, ...] = Field(default=(), alias="list")


class TimeRange(Part):
    """What a dashboard shows when it is opened."""

    from_: str = Field(alias="from")
    to: str


class Dashboard(Part):
    """One dashboard file. `path` is where it lies; its stem is the name that a contract gives it."""

    path: Annotated[Path, Field(exclude=True)]
    uid: str = Field(pattern=r"^[\w-]{1,40}$")
    title: str = Field(min_length=1)
    tags: tuple[str, ...] = ()
    refresh: str | bool = ""
    time: TimeRange
    schema_version: int
    templating: Templating = Templating()
    panels: tuple[Panel, ...] = Field(min_length=1)

    @property
    def name(self) -> str:
        """The file's stem."""
        return self.path.stem

    def panels_with_rows(self) -> Iterator[tuple[str | None, Panel]]:
        """Yield every panel that is no row, with the title of its row: the last one above it."""
        row = None
        for panel in sorted(self.panels, key=lambda panel: (panel.grid_pos.y, panel.grid_pos.x)):
            if panel.is_row:
                row = panel.title
                yield from ((row, inner) for inner in panel.panels)
            else:
                yield row, panel

    def panels_with_paths(self) -> Iterator[tuple[Key, Panel]]:
        """Yield every panel, rows and what they hold among them, with its place in the file."""
        for index, panel in enumerate(self.panels):
            yield ("panels", index), panel
            yield from ((("panels", index, "panels", number), inner) for number, inner in enumerate(panel.panels))


def read_dashboard(path: Path, name: str) -> tuple[Dashboard | None, YamlFile]:
    """Return a dashboard, or None where its file holds none; what is wrong with it are problems of the file."""
    file = YamlFile(name)
    try:
        file.data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        file.problem((), f"cannot be read: {error}")
    except json.JSONDecodeError as error:
        file.problems.append(Problem(name, error.lineno, f"not JSON: {error.msg}"))
    if file.problems:
        return None, file
    try:
        return _dashboard(path, file.data), file
    except ValidationError as error:
        locate(path, file)
        file.refuse(error)
        return None, file


def locate(path: Path, file: YamlFile) -> None:
    """Find out on which line each value of a dashboard file is: JSON is YAML too, but takes long to read so."""
    file.lines = read_yaml(path, file.name).lines


def _dashboard(path: Path, data: object) -> Dashboard:
    return Dashboard.model_validate({**data, "path": path} if isinstance(data, dict) else data)
