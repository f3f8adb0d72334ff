"""How users are dealt out to the processes of a load: each class evenly, so that each process can do its share.

Locust's own dispatcher spreads the sum of all users evenly, and can put all users of a class into one process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.load.work import Share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from locust import User
    from locust.runners import WorkerNode

Dealt = dict[str, dict[str, int]]


class Dealer:
    """Deals all users at once, in the place of Locust's UsersDispatcher (`Environment.dispatcher_class`).

    The users of a process that is lost are not dealt again: its share of arrivals and cases is lost with it, and the
    run is inconclusive.
    """

    # Locust would deal again when a worker comes or goes and no dealing is under way.
    dispatch_in_progress = True

    def __init__(self, worker_nodes: Sequence[WorkerNode], user_classes: Sequence[type[User]]) -> None:
        # In the order in which they came, which is that of the indexes by which they know their share.
        self._workers = tuple(worker_nodes)
        self._counts = {cls.__name__: cls.fixed_count for cls in user_classes}

    def new_dispatch(self, target_user_count: int, spawn_rate: float, user_classes: object = None) -> None:
        """Begin: what Locust gives is known already, the classes tell their counts themselves."""

    def add_worker(self, worker_node: WorkerNode) -> None:
        """Give a worker that comes late nothing to do: the others have it all."""

    def remove_worker(self, worker_node: WorkerNode) -> None:
        """Leave what was dealt to the others as it is."""

    def __iter__(self) -> Iterator[Dealt]:
        yield {
            worker.id: {name: Share(index, len(self._workers)).count(users) for name, users in self._counts.items()}
            for index, worker in enumerate(self._workers)
        }
