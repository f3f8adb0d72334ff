"""Cookies of a user that cost nothing until there are some: to look for them takes a twentieth of a request's time.

Only the Locust process imports this module: Locust monkey-patches the standard library.
"""

from __future__ import annotations

from http.cookiejar import Cookie, CookieJar
from typing import Any


class Cookies(CookieJar):
    """The jar of one user, which does what every jar does as soon as a cookie is set, by the app or by the user."""

    _some = False

    def set_cookie(self, cookie: Cookie) -> None:
        """Keep a cookie."""
        self._some = True
        super().set_cookie(cookie)

    def add_cookie_header(self, request: Any) -> None:  # noqa: ANN401 - what geventhttpclient passes
        """Add what belongs to a request."""
        if self._some:
            super().add_cookie_header(request)

    def extract_cookies(self, response: Any, request: Any) -> None:  # noqa: ANN401 - what geventhttpclient passes
        """Keep what a response sets."""
        if "set-cookie" in response.headers:
            super().extract_cookies(response, request)
