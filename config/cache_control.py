"""Who may keep an answer: nobody, unless what answers says so.

Pages and REST say what one account may see, at one moment. A proxy that kept an answer would give
it to others, and a browser would show a page again, by its Back, after its account has signed out.
What everybody is given alike, at an address that changes with it, names its own `Cache-Control`:
static files and the catalogues of languages.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "Cache-Control"
# The second for proxies that take the first for a browser's alone.
NOWHERE = ", ".join(["no-store", "private"])


class CacheControl:
    """Around everything that answers, so that what is new tomorrow is kept nowhere either."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._get_response(request)
        answer.headers.setdefault(HEADER, NOWHERE)
        return answer
