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
# Nothing of the browser's own is for us, but passkeys for who signs in, and full screen for a wall.
PERMISSIONS = ", ".join(
    [
        *(
            f"{each}=()"
            for each in (
                "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation",
                "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "serial",
                "usb", "xr-spatial-tracking",
            )
        ),
        *(
            f"{each}=(self)"
            for each in ("fullscreen", "publickey-credentials-create", "publickey-credentials-get")
        ),
    ]
)  # fmt: skip


class ContentPolicy:
    """Names both policies in every answer, for one cannot know which a browser takes for a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self._get_response(request)
        answer.headers.setdefault(HEADER, POLICY)
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return answer
