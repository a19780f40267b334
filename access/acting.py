"""The request under way: what is done while it is answered is done from its address."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_request: ContextVar[HttpRequest | None] = ContextVar("request under way", default=None)


class Acting:
    """Names the request for as long as its answer is made."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return self._get_response(request)
        finally:
            _request.reset(token)


def request_under_way() -> HttpRequest | None:
    """None: a process does something by itself."""
    return _request.get()


def address_of(request: HttpRequest) -> str | None:
    """Where it came from; None: a socket of the file system has no address."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None
