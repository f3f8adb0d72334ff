"""The container engine: reached as testcontainers reaches it, and rid of what earlier runs left behind."""

from __future__ import annotations

import contextlib
import os

import docker.errors
import requests
from testcontainers.core.docker_client import DockerClient

from promdrill.conventions import OWNER_LABEL, RUN_LABEL
from promdrill.errors import StackError
from promdrill.stack.ownership import has_ended

Filters = dict[str, str | list[str] | bool]
# What docker's client raises: its own errors, and those of what it is made of.
ERRORS = (docker.errors.DockerException, requests.RequestException)


class EngineNotFoundError(StackError):
    """No engine answers."""


def connect() -> docker.DockerClient:
    """Return a client of the engine that DOCKER_HOST, Docker's context or the usual socket leads to.

    Raises:
        EngineNotFoundError: none answers there.
    """
    try:
        client = DockerClient().client
        client.ping()
    except ERRORS as error:
        raise EngineNotFoundError(
            f"no container engine answers at {os.environ.get('DOCKER_HOST') or 'the usual socket'}:"
            f" {' '.join(str(error).split())}\n"
            "Start Docker (`systemctl start docker`, or Docker Desktop), or Podman's socket (`systemctl --user start"
            " podman.socket`) with DOCKER_HOST set to it; or drill with `--stack processes`, which needs none."
        ) from error
    return client


def remove(client: docker.DockerClient, run: str) -> None:
    """Remove a run's containers, in whatever state, with their volumes, and then its networks."""
    filters: Filters = {"label": f"{RUN_LABEL}={run}"}
    for container in client.containers.list(all=True, ignore_removed=True, filters=filters):
        with contextlib.suppress(docker.errors.NotFound):
            container.remove(force=True, v=True)
    for network in client.networks.list(filters=filters):
        with contextlib.suppress(docker.errors.NotFound):
            network.remove()


def sweep(client: docker.DockerClient) -> None:
    """Remove what runs of this machine left behind that were killed together with their guard."""
    filters: Filters = {"label": RUN_LABEL}
    left = [
        *(container.labels for container in client.containers.list(all=True, ignore_removed=True, filters=filters)),
        *(network.attrs["Labels"] for network in client.networks.list(filters=filters)),
    ]
    for run, owner in {(one[RUN_LABEL], one.get(OWNER_LABEL, "")) for one in left}:
        if has_ended(owner):
            remove(client, run)
