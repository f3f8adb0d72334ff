"""`python -m promdrill_fakes`: start the fakes."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop
import yaml

from promdrill_fakes.catalogue import fakes
from promdrill_fakes.config import Config, ConfigError, parse
from promdrill_fakes.server import Plan, serve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT (0); a bad configuration is 2, a port that cannot be had is 1."""
    options = _parser().parse_args(arguments)
    try:
        config = _read(options.config) if options.config else Config()
    except ConfigError as error:
        sys.stderr.writelines(f"{options.config}: {line}\n" for line in str(error).splitlines())
        return 2
    plan = Plan(
        control=options.control,
        ports=dict(options.serve),
        host=options.host,
        tls=frozenset(options.tls),
        ca_file=options.ca_file,
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(plan, config, _announce))
    except OSError as error:
        sys.stderr.write(f"promdrill_fakes: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m promdrill_fakes", description="Serve fakes of other services.")
    parser.add_argument("--control", type=int, required=True, metavar="PORT", help="port of the control plane")
    parser.add_argument(
        "--serve",
        type=_parse_port,
        action="append",
        required=True,
        metavar="NAME=PORT",
        help=f"what to serve where, again for each: {', '.join(fakes())}; port 0 is any free one",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON or YAML, as in PATCH /config")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--tls", choices=tuple(fakes()), action="append", default=[], metavar="NAME", help="serve this one over https"
    )
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="where to write the certificate to trust")
    return parser


def _parse_port(text: str) -> tuple[str, int]:
    name, _, port = text.partition("=")
    if name not in fakes() or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PORT with NAME one of {', '.join(fakes())}")
    return name, int(port)


def _read(file: Path) -> Config:
    try:
        data = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError([{"path": "", "message": " ".join(str(error).split())}]) from None
    return parse({} if data is None else data)


def _announce(urls: Mapping[str, str]) -> None:
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
