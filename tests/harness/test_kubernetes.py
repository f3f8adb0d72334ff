"""The Kubernetes manifests: valid by the API's schema, and of one mind with each other, the scenario and the command.

There is no cluster here. What kustomize would do with these few fields is done by hand, but for one test.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml

from promdrill import conventions
from promdrill.cli.load import command as load
from promdrill.contract import load_scenario

if TYPE_CHECKING:
    from pathlib import Path

BASE = conventions.ROOT / "deploy" / "kubernetes"
EXAMPLE = conventions.ROOT / "docs" / "examples" / "haiku"
# An old one that clusters still run, and a new one.
VERSIONS = ("1.31", "1.35")
LABEL = "app.kubernetes.io/name"


def read(path: Path) -> list[dict[str, Any]]:
    """Return the documents of a file."""
    return list(yaml.safe_load_all(path.read_text()))


KUSTOMIZATIONS = [read(folder / "kustomization.yaml")[0] for folder in (BASE, EXAMPLE)]
FILES = [BASE / "master.yaml", BASE / "workers.yaml", EXAMPLE / "kubernetes.yml"]
FOUND = {f"{one['kind']} {one['metadata']['name']}": one for path in FILES for one in read(path)}
WORKLOADS = {name: one["spec"]["template"] for name, one in FOUND.items() if "template" in one["spec"]}


def container(workload: str) -> dict[str, Any]:
    """Return the one container of a workload."""
    (only,) = WORKLOADS[workload]["spec"]["containers"]
    return dict(only)


def options(workload: str) -> dict[str, Any]:
    """Return the options of its command, as the command itself reads them."""
    command, *arguments = container(workload)["args"]
    assert (container(workload)["command"], command) == (["promdrill"], "load")
    return load.make_context("load", arguments).params


def service(name: str) -> tuple[list[str], list[int]]:
    """Return the workloads that a Service leads to, and its ports."""
    spec = FOUND[f"Service {name}"]["spec"]
    led_to = [one for one, template in WORKLOADS.items() if template["metadata"]["labels"] == spec["selector"]]
    return led_to, [port["port"] for port in spec["ports"]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FOUND)
def test_valid(name: str, version: str) -> None:
    """Each is what the API takes, without a field that it does not know."""
    kubernetes_validate.validate(FOUND[name], version, strict=True)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="there is no kubectl, which has kustomize built in")
def test_built() -> None:
    """What kustomize makes of the example is valid, and its ConfigMaps have the names that pods look for."""
    built = subprocess.run(["kubectl", "kustomize", str(EXAMPLE)], check=True, capture_output=True, text=True)
    objects = list(yaml.safe_load_all(built.stdout))
    for one in objects:
        kubernetes_validate.validate(one, VERSIONS[-1], strict=True)
    made = sorted(one["metadata"]["name"] for one in objects if one["kind"] == "ConfigMap")
    jobs = [one for one in objects if one["kind"] == "Job"]
    sources = [job["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"] for job in jobs]
    assert [sorted(one["configMap"]["name"] for one in job) for job in sources] == [made, made]


def test_what_is_not_valid_is_found() -> None:
    """The schema refuses a field that is misspelt: the test above can turn red."""
    wrong = {**FOUND["Job promdrill-worker"], "spec": {**FOUND["Job promdrill-worker"]["spec"], "completion": 2}}
    with pytest.raises(kubernetes_validate.ValidationError, match="completion"):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_all_is_listed() -> None:
    """Kustomize is told of each file that there is, and of each image."""
    assert KUSTOMIZATIONS[0]["resources"] == sorted(
        path.name for path in BASE.iterdir() if path.stem != "kustomization"
    )
    relative, app = KUSTOMIZATIONS[1]["resources"]
    assert ((EXAMPLE / relative).resolve(), app) == (BASE, "kubernetes.yml")
    images = {image["name"] for one in KUSTOMIZATIONS for image in one["images"]}
    assert images == {container(workload)["image"] for workload in WORKLOADS}


def test_the_commands() -> None:
    """As many workers as are expected look for the master where it is, at its own port; its own address is known."""
    master, worker = options("Job promdrill-master"), options("Job promdrill-worker")
    assert (master["master"], master["bind"], master["evidence"].parts[1]) == (True, "$(POD_IP)", "evidence")
    assert {one["name"] for one in container("Job promdrill-master")["env"]} >= {"POD_IP"}
    jobs = FOUND["Job promdrill-worker"]["spec"]
    assert [jobs["parallelism"], jobs["completions"]] == [master["expect_workers"] * worker["processes"]] * 2
    assert (worker["worker"], worker["master_host"]) == (True, "promdrill-master")
    assert service("promdrill-master") == (["Job promdrill-master"], [conventions.MASTER_PORT])
    assert master["master_port"] == worker["master_port"] == conventions.MASTER_PORT
    assert {one["system"] for one in (master, worker)} == {"/scenario"}


def test_the_scenario(tmp_path: Path) -> None:
    """What the pods find under /scenario is a scenario, whose app and fakes are where Services lead."""
    for generated in KUSTOMIZATIONS[1]["configMapGenerator"]:
        for file in generated["files"]:
            key, _, path = file.rpartition("=")
            shutil.copy(EXAMPLE / path, tmp_path / (key or (EXAMPLE / path).name))
    (patch,) = KUSTOMIZATIONS[1]["patches"]
    (operation,) = yaml.safe_load(patch["patch"])
    assert operation["path"] == "/spec/template/spec/volumes/0/projected/sources/-"
    jobs = [one for name, one in WORKLOADS.items() if name.startswith(f"{patch['target']['kind']} ")]
    sources = [{"configMap": {"name": "scenario"}}]
    assert [job["spec"]["volumes"][0]["projected"]["sources"] for job in jobs] == [sources, sources]
    for item in operation["value"]["configMap"]["items"]:
        place = tmp_path / item["path"]
        place.parent.mkdir()
        (tmp_path / item["key"]).rename(place)
    scenario = load_scenario(tmp_path)
    assert [dashboard.path.name for dashboard in scenario.dashboards] == ["haiku.json"]
    environment = {one["name"]: one["value"] for one in container("Deployment haiku")["env"]}
    assert scenario.drill.app.address == f"http://haiku:{environment['PORT']}"
    assert service("haiku") == (["Deployment haiku"], [int(environment["PORT"])])
    assert environment["OLLAMA_HOST"] == f"http://promdrill-fakes:{scenario.drill.fakes.ports['ollama']}"
    assert service("promdrill-fakes") == (["Job promdrill-master"], [*scenario.drill.fakes.ports.values()])


def test_the_drill_is_the_examples() -> None:
    """The drill on Kubernetes is that of the example, but for where app and fakes are."""
    (there,), (here,) = read(EXAMPLE / "drill.kubernetes.yml"), read(EXAMPLE / "drill.yml")
    del there["app"], here["app"], there["fakes"]["ports"]
    assert there == here


@pytest.mark.parametrize("workload", WORKLOADS)
def test_no_more_than_it_needs(workload: str) -> None:
    """Each has limits, is not root, and can write nowhere but in volumes that end with it."""
    spec, only = WORKLOADS[workload]["spec"], container(workload)
    assert only["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert (spec["securityContext"]["runAsNonRoot"], spec["automountServiceAccountToken"]) == (True, False)
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert {name: sorted(amounts) for name, amounts in only["resources"].items()} == {
        "requests": ["cpu", "memory"],
        "limits": ["cpu", "memory"],
    }
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    mounted = only.get("volumeMounts", [])
    assert {mount["name"] for mount in mounted} == set(volumes)
    assert all(mount.get("readOnly") or "emptyDir" in volumes[mount["name"]] for mount in mounted)
