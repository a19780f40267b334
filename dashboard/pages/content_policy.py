"""What a browser may load for our pages: what this server sends, and nothing written into a page.

So a text that a device sends can never run, even where somebody forgets that it is a text.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",  # the icon with the number of alerts is drawn by the page
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class ContentPolicy:
    """Names the policy in every answer, for one cannot know which a browser takes for a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self._get_response(request)
        answer.headers.setdefault(HEADER, POLICY)
        return answer
