"""`promdrill fake`: serve fakes for tests of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from promdrill.cli.parameters import REPORT
from promdrill.conventions import LOOPBACK
from promdrill.fake import FakeOptions, run_fakes


@click.command("fake")
@click.argument("fakes", nargs=-1, required=True, metavar="FAKE...")
@click.option("--port", "ports", multiple=True, metavar="[FAKE=]PORT", help="Port of a fake; a free port by default.")
@click.option("--control", type=click.IntRange(0, 65535), default=0, help="Port of the control plane; 0: a free port.")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="YAML or JSON.")
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on.")
@click.option("--tls", multiple=True, metavar="FAKE", help="Serve it over https; can be repeated.")
@click.option("--ca-file", type=REPORT, help="File for the certificate that clients must trust with --tls.")
@click.option("--json", "as_json", is_flag=True, help="Print URLs and environment variables as JSON.")
def command(fakes: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - the options above
    """Serve each FAKE for tests of your own: ollama, s3, tts (all of its providers), or one that was added.

    Prints the URLs of the fakes, and the environment variables that direct clients to them. Ctrl-C ends the fakes.
    """
    run_fakes(FakeOptions(fakes, **options), click.echo)
