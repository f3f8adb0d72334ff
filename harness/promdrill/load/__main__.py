"""`python -m promdrill.load …`: Locust, with our locustfile from wherever this package lies.

The locustfile is imported here, as a module of this package. Locust itself would import it with the current folder and
this one first on the path, where `types.py` of the one and `pool.py` of the other come before anybody else's.
"""

from __future__ import annotations

import sys
from pathlib import Path

from locust.main import main

import promdrill.load.locustfile  # noqa: F401 - for what it sets up

if __name__ == "__main__":
    sys.argv[1:1] = ["-f", str(Path(__file__).with_name("classes.py"))]
    main()  # type: ignore[no-untyped-call]  # Locust does not type it
