"""The file that Locust is given: the user classes of the scenario, which `locustfile` has set up by then."""

import os
import sys

from promdrill.load.locustfile import CLASSES

# Locust puts the current folder first on the path and leaves it there: a module of the user's would come before the
# standard library's.
sys.path.remove(os.getcwd())  # noqa: PTH109 - the very entry that Locust made
globals().update(CLASSES)
