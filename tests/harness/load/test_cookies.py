"""A user's cookies, by the standard library's own requests."""

from __future__ import annotations

from email.message import Message
from types import SimpleNamespace
from urllib.request import Request

from promdrill.load.cookies import Cookies

URL = "http://shop.example/basket"


def answer(jar: Cookies, *headers: tuple[str, str]) -> Request:
    """Let a response with these headers come, and return the next request to the same place."""
    message = Message()
    for name, value in headers:
        message[name] = value
    jar.extract_cookies(SimpleNamespace(headers=message, info=lambda: message), Request(URL))
    request = Request(URL)
    jar.add_cookie_header(request)
    return request


def test_a_cookie_comes_back() -> None:
    """What a response sets, the next request sends; what the next one changes, the one after it."""
    jar = Cookies()
    assert answer(jar, ("Set-Cookie", "basket=7")).get_header("Cookie") == "basket=7"
    assert answer(jar).get_header("Cookie") == "basket=7"
    assert answer(jar, ("Set-Cookie", "basket=8")).get_header("Cookie") == "basket=8"


def test_a_cookie_of_the_users_own() -> None:
    """One that was put into the jar is sent as well."""
    full, jar = Cookies(), Cookies()
    answer(full, ("Set-Cookie", "token=x"))
    for cookie in full:
        jar.set_cookie(cookie)
    assert answer(jar).get_header("Cookie") == "token=x"


def test_none() -> None:
    """Without any, none is sent."""
    assert answer(Cookies(), ("Content-Length", "0")).get_header("Cookie") is None
