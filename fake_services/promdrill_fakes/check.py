"""`python -m promdrill_fakes.check`: say what is wrong with a configuration, and start nothing.

Reads JSON from standard input and writes a JSON list of `{"path", "message"}`, empty where nothing is wrong.
"""

from __future__ import annotations

import json
import sys

from promdrill_fakes.config import ConfigError, parse


def main() -> None:
    """Answer on standard output; exit 0 whatever the answer."""
    problems: list[dict[str, str]] = []
    try:
        parse(json.load(sys.stdin))
    except ConfigError as error:
        problems = error.problems
    json.dump(problems, sys.stdout)


if __name__ == "__main__":
    main()
