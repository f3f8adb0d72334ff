"""Names that several modules share: files, folders, environment variables, addresses. Each stands here once."""

from __future__ import annotations

import sys
from pathlib import Path
from types import MappingProxyType

LOOPBACK = "127.0.0.1"
# How every child of ours in Python begins; -P keeps the modules of the folder where it starts from shadowing ours.
PYTHON = (sys.executable, "-P")
# Where a master of a distributed load listens, as Locust itself has it.
MASTER_PORT = 5557

# Run from a checkout, scenarios and documents lie beside the package; installed from a wheel, inside it.
_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = (_PACKAGE / "bundled").is_dir()
ROOT = _PACKAGE / "bundled" if _INSTALLED else _PACKAGE.parents[1]
# What holds the packages of the fakes and of the example apps.
FAKES_ROOT = _PACKAGE.parent if _INSTALLED else ROOT / "fake_services"
# Our packages by their place in a checkout.
PACKAGES = MappingProxyType(
    {
        "harness/promdrill": _PACKAGE,
        **{f"fake_services/{name}": FAKES_ROOT / name for name in ("promdrill_fakes", "promdrill_examples")},
    }
)
SCENARIOS = ROOT / "scenarios"
PROMETHEUS = ROOT / "prometheus"
CHECK_PAGES = ROOT / "docs" / "checks"

CONTRACT_FILE = "contract.yml"
DRILL_FILE = "drill.yml"
USERS_FILE = "users.py"
# Rule mutants of a system that no run of its drill can show, each with the reason.
UNSEEN_MUTANTS = "unseen_mutants.yml"
ALERT_RULES = "alert.rules.yml"
RECORDING_RULES = "recording.rules.yml"
# The folder of the Grafana dashboards, beside the rules.
DASHBOARDS = "dashboards"
# The folder of the evidence with the alerts' tests in virtual time, and a word in the names of recorded ones.
VIRTUAL_TESTS = "alerts"
RECORDED = "recorded"

PROMETHEUS_TEMPLATE = "prometheus.yml"
ALERTMANAGER_TEMPLATE = "alertmanager.yml"

# The load generator's own ledger; each service of a fake has another (`promdrill_fakes.catalogue`).
CLIENT_LEDGER = "client"
# Files of the evidence, by their path in its folder.
SUPPRESSED_ALERTS = "held_back.jsonl"
RULE_STATES = "rule_states.jsonl"
HELPER_ANSWERS = "helpers.json"
FAKES_STATISTICS = "fakes.json"
TARGETS = "targets.json"
RETENTION = "retention.json"
ENDPOINT_ANSWERS = "scrapes/endpoints.json"
ACCESS_ANSWERS = "scrapes/access.json"
# What the load generator tells of itself, in the evidence.
LOAD_REPORT = "load.report.json"
# What receivers were told, in the evidence.
NOTIFICATIONS = "notifications.jsonl"
# The threshold that ended the load, in the evidence; only there if one did.
LOAD_ABORTED = "aborted"


def ledger_file(name: str) -> str:
    """Return the path of a ledger in the folder of the evidence."""
    return f"ledgers/{name}.jsonl"


# Every process of a run carries this variable, so that all of them can be found again whatever happened.
RUN_VARIABLE = "PROMDRILL_RUN"
# And every container and network of a run this label, and the next one, which tells whose run it is.
RUN_LABEL = "promdrill.run"
OWNER_LABEL = "promdrill.owner"
MUTANT_VARIABLE = "PROMDRILL_MUTANT"
EVIDENCE_FOLDER = Path(".promdrill")

APP_JOB = "app"
# The load itself, where it is scraped too, and the name of its part in a stack.
LOAD_JOB = "promdrill_load"
LOAD_PART = "locust"
# As the configuration that comes with Prometheus names it.
OWN_JOB = "prometheus"
# The folder of the evidence where the app works, and where its files are found.
WORK_FOLDER = "app"
# What a load of its own begins with.
WARM_UP = "warm-up"
# The healthy phase, of which every drill has one: queries are asked at its end.
BASELINE = "baseline"
# What a run adds after its last phase.
DRAIN = "drain"
