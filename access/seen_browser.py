"""A browser in which an account has signed in before: what others try does not hold it up.

A signed cookie says so. It opens nothing: it gives its browser a bucket of tries of its own
(`access.tries`), so that who steals one gains ten tries and then one a minute.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "pulseboard_seen"
LASTS = 180 * 24 * 3600  # seconds
_SALT = "access.seen_browser"


def name_in(request: HttpRequest | None, username: str) -> str:
    """The browser's name, if this account has signed in with it; otherwise ""."""
    said = "" if request is None else request.COOKIES.get(COOKIE, "")
    try:
        account, browser = signing.loads(said, salt=_SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(browser) if account == username else ""


def note(request: HttpRequest, response: HttpResponseBase, username: str) -> None:
    """Name it for the account that has just signed in."""
    browser = name_in(request, username) or secrets.token_urlsafe(12)
    response.set_cookie(
        COOKIE,
        signing.dumps([username, browser], salt=_SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
