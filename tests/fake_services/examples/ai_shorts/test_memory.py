from __future__ import annotations

from promdrill_examples.ai_shorts.activity import HOUR, Activity
from promdrill_examples.ai_shorts.cache import Cache


class Calendar:
    """Tells the time that a test sets."""

    now = 1e9

    def __call__(self) -> float:
        """Return seconds."""
        return self.now


def test_the_least_recently_used_makes_room() -> None:
    """Looking a value up keeps it; what was not asked for goes."""
    cache: Cache[str] = Cache(2, 60, Calendar())
    cache.put("a", "A")
    cache.put("b", "B")
    assert cache.get("a") == "A"
    cache.put("c", "C")
    assert ([cache.get(key) for key in "abc"], len(cache)) == (["A", None, "C"], 2)


def test_a_value_is_forgotten_when_its_time_is_over() -> None:
    """Time counts from when it was put there, not from when it was used."""
    calendar = Calendar()
    cache: Cache[str] = Cache(2, 60, calendar)
    cache.put("a", "A")
    calendar.now += 59
    assert (cache.get("a"), len(cache)) == ("A", 1)
    calendar.now += 1
    assert (cache.get("a"), len(cache)) == (None, 0)


def test_a_value_put_again_begins_anew() -> None:
    """It takes no second place, and has all of its time."""
    calendar = Calendar()
    cache: Cache[str] = Cache(2, 60, calendar)
    cache.put("a", "A")
    calendar.now += 59
    cache.put("a", "B")
    calendar.now += 59
    assert (cache.get("a"), len(cache)) == ("B", 1)


def test_what_has_expired_takes_no_room_from_what_has_not() -> None:
    """A value that nobody can have any more makes room first."""
    calendar = Calendar()
    cache: Cache[str] = Cache(2, 60, calendar)
    cache.put("a", "A")
    calendar.now += 30
    cache.put("b", "B")
    assert cache.get("a") == "A"
    calendar.now += 30
    cache.put("c", "C")
    assert [cache.get(key) for key in "abc"] == [None, "B", "C"]


def test_a_user_is_active_for_an_hour_from_the_last_time() -> None:
    """Who comes again stays; who does not, goes."""
    calendar = Calendar()
    activity = Activity(calendar)
    activity.saw("ann")
    activity.saw("bob")
    calendar.now += HOUR - 1
    activity.saw("ann")
    assert activity.users() == 2
    calendar.now += 1
    assert activity.users() == 1
