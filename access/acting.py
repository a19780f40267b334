"""The request under way: what is done while it is answered is done from its address."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

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


def process_name() -> str:
    """As `manage.py import`; of the web server and of another program, its name alone."""
    program = Path(sys.argv[0]).name
    return " ".join([program, *sys.argv[1:2]]) if program == "manage.py" else program or "python"


def address_of(request: HttpRequest) -> str | None:
    """Where it came from; None: a socket of the file system has no address.

    A proxy of ours names the address it was asked from last, after what its client wrote. So the
    list is read from its end, as far as each hop is one of `settings.PROXIES`.
    """
    meta = request.META
    return address_behind(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""))


def address_behind(peer: str, forwarded: str) -> str | None:
    """The same of what a connection comes from, and what its `X-Forwarded-For` says."""
    hop = _address(peer)
    said = forwarded.split(",")
    while said and _is_proxy(hop):
        before = _address(said.pop())
        if before is None:
            break
        hop = before
    return None if hop is None else str(hop)


def is_proxy(peer: str) -> bool:
    """Whether a connection from there is one of `settings.PROXIES`."""
    return _is_proxy(_address(peer))


def is_of_this_machine(peer: str) -> bool:
    """Whether a connection comes from this machine. Not through a socket of the file system, which
    has no address: there a proxy asks, on behalf of anybody."""
    address = _address(peer)
    return address is not None and address.is_loopback


def _address(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    # One machine is one address, by whichever kind of socket it came.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_proxy(hop: _Address | None) -> bool:
    if hop is None:  # whoever may open our socket is on this machine
        return bool(settings.PROXIES)
    return any(hop in network for network in settings.PROXIES)
