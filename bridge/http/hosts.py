"""Devices ask this server by one of its names, as browsers do: ALLOWED_HOSTS holds here too.

Django, which asks it elsewhere, does not see these addresses. A token alone would not do: a page
whose name somebody else points here (DNS rebinding) would reach them from inside the network.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from bridge.http.app import Answer, read_body, respond

BAD_HOST = "bad_host"

Application = Callable[[HTTPScope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]


def of_this_server(application: Application) -> Application:
    """The same for requests to one of its names; others are refused. Of HTTP/1.0 a request may name
    none, which no browser sends."""

    async def ask(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if all(_is_ours(value) for name, value in scope["headers"] if name == b"host"):
            await application(scope, receive, send)
        elif await read_body(receive) is not None:
            message = "This server does not go by this name (PULSEBOARD_ALLOWED_HOSTS)."
            await respond(send, Answer(400, {"reason": BAD_HOST, "message": message}))

    return ask


def _is_ours(value: bytes) -> bool:
    allowed: list[str] = settings.ALLOWED_HOSTS
    if not allowed and settings.DEBUG:
        allowed = [".localhost", "127.0.0.1", "[::1]"]
    domain, _ = split_domain_port(value.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)
