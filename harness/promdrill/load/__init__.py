"""Drives the app with Locust and reads back what the clients saw.

Public: `DrillUser` and `Case`, from which a system's `users.py` is made. Locust patches the standard library when it is
imported, so these names are imported in its process only.
"""

from typing import TYPE_CHECKING

from promdrill import lazy

if TYPE_CHECKING:
    from promdrill.load.user import DrillUser
    from promdrill.load.work import Case

__all__ = ["Case", "DrillUser"]
__getattr__ = lazy.attributes(__name__, {"Case": f"{__name__}.work", "DrillUser": f"{__name__}.user"})
