"""The one way in by name and password: log-in page, admin and HTTP Basic ask it, and so are slowed
down alike (`access.tries`)."""

from __future__ import annotations

from typing import Any, cast

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from access import seen_browser, tries
from access.acting import address_of


class SlowedBackend(ModelBackend):
    """Django's own, as often as it may be tried."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_others: Any,
    ) -> User | None:
        """The account, or None. Raises TooManyTries: then nothing was compared."""
        if username is None or password is None:
            return None
        with tries.trying(buckets(request, username)) as this:
            found = super().authenticate(request, username, password)
            if found is not None:
                this.succeeded()
        return found

    async def aauthenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_others: Any,
    ) -> User | None:
        """Django's own would not be slowed down."""
        return await sync_to_async(self.authenticate)(request, username, password)


def buckets(request: HttpRequest | None, username: str) -> tries.Buckets:
    """Those that a password of this account fills when it is tried from here."""
    address = None if request is None else address_of(request)
    return tries.buckets(username, address, seen_browser.name_in(request, username))


def is_own_password(request: HttpRequest, password: str) -> bool:
    """Whether it is that of whoever is signed in here. Raises TooManyTries."""
    user = cast("User", request.user)
    with tries.trying(buckets(request, user.get_username())) as this:
        if is_it := user.check_password(password):
            this.succeeded()
    return is_it
