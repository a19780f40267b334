"""Our addresses end in a slash; what becomes of one without."""

from __future__ import annotations

from django.http import HttpRequest
from django.middleware.common import CommonMiddleware


class SlashMiddleware(CommonMiddleware):
    """Sends a reader on. A redirected POST would come out as a GET, so it is told 404 instead."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)
