"""`python -m promdrill.load …`: Locust, with our locustfile from wherever this package lies."""

from __future__ import annotations

import sys
from pathlib import Path

from locust.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["-f", str(Path(__file__).with_name("locustfile.py"))]
    main()  # type: ignore[no-untyped-call]  # Locust does not type it
