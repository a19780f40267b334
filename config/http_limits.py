"""How much of a request Daphne takes in, and for how long it waits, before any application sees it.

Daphne writes a whole body to memory or disk first, of any size and for any address, and waits for
ever for one that trickles. So the limits sit where the bytes arrive, in Twisted's channel. Another
server (uvicorn behind nginx, say) has limits of its own.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

from django.conf import settings
from twisted.internet.protocol import connectionDone
from twisted.web import http

from access import acting, tries

REQUEST_WITHIN = 60.0  # seconds from a request's first byte to its last
LINGER = 2.0  # seconds a sender gets to read the refusal while what it sends is thrown away
UNFINISHED = 100  # requests of one address (IPv6: of one /64) that are not complete, at once

_unfinished: Counter[str] = Counter()  # by address; of the thread of Twisted's reactor


class BoundedChannel(http.HTTPChannel):
    """One connection: refuses a request that is too large or too slow, and hangs up."""

    _late: Any = None  # the call that ends a slow request
    _received = 0  # bytes of the body
    _refused = False
    _counted = ""  # the address under which this request is among the unfinished

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._refused:
            return
        if self._late is None and not self._handlingRequest:
            self._late = self.callLater(REQUEST_WITHIN, self._is_late)
        super().dataReceived(data)
        # One that came whole has been handled, or waits for its answer: that is no slow client.
        if self._late is not None and not self._counted and not self._refused:
            self._is_unfinished()

    def _is_unfinished(self) -> None:
        transport: Any = self.transport
        peer = getattr(transport.getPeer(), "host", "")
        if acting.is_proxy(peer):
            return  # many clients; it has bounds of its own, and passes on what is whole
        address = tries.home(acting.address_behind(peer, ""))
        if _unfinished[address] >= UNFINISHED:
            message = f"{UNFINISHED} requests of this address are not complete yet."
            self._refuse(429, b"Too Many Requests", "too_many", message)
            return
        _unfinished[address] += 1
        self._counted = address

    def allHeadersReceived(self) -> None:  # noqa: N802
        self._received = 0
        if self.length is not None and self.length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._refuse_size()
            # Nothing of it is to be kept, and the request is not to be handled.
            self.requests[-1].gotLength(0)
            return
        super().allHeadersReceived()

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._refused:
            return
        if not self._handlingRequest:
            self._received += len(data)
            # Of a body in chunks nobody says the length before.
            chunked = isinstance(self._transferDecoder, http._ChunkedTransferDecoder)
            if chunked and self._received > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                self._refuse_size()
                return
        super().rawDataReceived(data)

    def allContentReceived(self) -> None:  # noqa: N802
        self._is_in_time()
        if not self._refused:
            super().allContentReceived()

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802
        self._is_in_time()
        super().connectionLost(reason)

    def _is_in_time(self) -> None:
        if self._late is not None and self._late.active():
            self._late.cancel()
        self._late = None
        if self._counted:
            _unfinished[self._counted] -= 1
            if not _unfinished[self._counted]:
                del _unfinished[self._counted]
            self._counted = ""

    def _is_late(self) -> None:
        message = f"The request was not complete within {REQUEST_WITHIN:g} s."
        self._refuse(408, b"Request Timeout", "too_slow", message)

    def _refuse_size(self) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        message = f"A request body may have {limit} bytes."
        self._refuse(413, b"Content Too Large", "too_large", message)

    def _refuse(self, status: int, phrase: bytes, reason: str, message: str) -> None:
        self._refused = True
        self._is_in_time()
        body = json.dumps({"reason": reason, "message": message}).encode()
        transport: Any = self.transport
        transport.write(
            b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
            b"Retry-After: %d\r\nConnection: close\r\n\r\n%s"
            % (status, phrase, len(body), REQUEST_WITHIN, body)
        )
        # To close at once would answer what still comes with a reset, and the sender would never
        # read why.
        self.callLater(LINGER, transport.abortConnection)


def install() -> None:
    """Have Daphne use it, if Daphne is the server of this process."""
    daphne: Any = sys.modules.get("daphne.http_protocol")
    if daphne is not None:
        daphne.HTTPFactory.protocol = lambda _factory: http._GenericHTTPChannelProtocol(
            BoundedChannel()
        )
