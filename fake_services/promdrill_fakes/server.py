"""The process: a server for each provider, and one for the control plane."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import ssl
from dataclasses import dataclass
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import trustme
from aiohttp.web import Server

from promdrill_fakes import control
from promdrill_fakes.catalogue import fakes
from promdrill_fakes.connection import Connection
from promdrill_fakes.handler import Handler
from promdrill_fakes.looplag import LoopLag
from promdrill_fakes.shared_state import SharedState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from promdrill_fakes.call import Provider
    from promdrill_fakes.config import Config

READ_BUFFER = 512 * 1024
"""Bytes of a body that are read ahead: with aiohttp's 64 KiB, large uploads pause at every other read."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to serve where. A port of 0 is any free one. `ca_file` is where to write the certificate to trust.

    `tls` names the fakes that are served over https beside those whose clients speak nothing else.
    """

    control: int
    ports: Mapping[str, int]
    host: str = "127.0.0.1"
    tls: frozenset[str] = frozenset()
    ca_file: Path | None = None

    @property
    def encrypted(self) -> frozenset[str]:
        """The fakes that are served over https."""
        return frozenset(name for name in self.ports if name in self.tls or fakes()[name].tls)


async def serve(plan: Plan, config: Config, ready: Callable[[Mapping[str, str]], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` gets the URL of each part once all ports listen.

    Raises OSError where a port cannot be had.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    state = SharedState(config)
    certificate = _certificate(plan)
    urls = {}
    for name, port in plan.ports.items():
        provider: Provider = resolve_name(fakes()[name].provider)(state)
        handler = Handler(state, provider)
        server = Server(
            handler,
            handler_cancellation=True,  # so that a request ends when its client does
            auto_decompress=False,  # an object's Content-Encoding is the object's own affair
            access_log=None,
            read_bufsize=READ_BUFFER,
        )
        connection = partial(Connection, handler, server)
        urls[name] = await _listen(name, connection, plan.host, port, certificate if name in plan.encrypted else None)
    lag = LoopLag()
    watching = asyncio.create_task(lag.watch())
    urls["control"] = await _listen("control", await control.server(state, lag), plan.host, plan.control, None)
    # The journal lives long: to look through it for garbage again and again would hold up whoever is being served, by
    # 46 ms once it has 60,000 entries, and cost a tenth of the throughput.
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)
    ready(urls)
    await stop.wait()
    watching.cancel()


async def _listen(
    name: str, protocol: Callable[[], asyncio.Protocol], host: str, port: int, certificate: ssl.SSLContext | None
) -> str:
    loop = asyncio.get_running_loop()
    try:
        listening = await loop.create_server(protocol, host, port, ssl=certificate, backlog=4096)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise OSError(f"port {port} of {host} cannot be had for {name}: {why}") from error
    scheme = "https" if certificate else "http"
    return f"{scheme}://{host}:{listening.sockets[0].getsockname()[1]}"


def _certificate(plan: Plan) -> ssl.SSLContext | None:
    """Return a context with a certificate for the host, made anew; None where nothing is served over TLS."""
    if not plan.encrypted:
        return None
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(plan.host, "localhost").configure_cert(context)
    if plan.ca_file is not None:
        authority.cert_pem.write_to_path(plan.ca_file)
    return context
