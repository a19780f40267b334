"""How much of a request Daphne takes in, and for how long it waits, before any application sees it.

Daphne writes a whole body to memory or disk first, of any size and for any address, and waits for
ever for one that trickles. So the limits sit where the bytes arrive, in Twisted's channel. Another
server (uvicorn behind nginx, say) has limits of its own.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.conf import settings
from twisted.internet.protocol import connectionDone
from twisted.web import http

REQUEST_WITHIN = 60.0  # seconds from a request's first byte to its last
LINGER = 2.0  # seconds a sender gets to read the refusal while what it sends is thrown away


class BoundedChannel(http.HTTPChannel):
    """One connection: refuses a request that is too large or too slow, and hangs up."""

    _late: Any = None  # the call that ends a slow request
    _received = 0  # bytes of the body
    _refused = False

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._refused:
            return
        if self._late is None and not self._handlingRequest:
            self._late = self.callLater(REQUEST_WITHIN, self._is_late)
        super().dataReceived(data)

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

    def _is_late(self) -> None:
        self._late = None
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
            b"Connection: close\r\n\r\n%s" % (status, phrase, len(body), body)
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
