"""A table as the answer to a request, streamed: memory does not grow with its rows.

The first block is read before anything is sent, so that what is wrong is told as an error. What
goes wrong later, or a right that ends, breaks the connection (`config.http_flow`): a file that is
short says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, connection
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from access import audit, turns
from access.audit import Of
from devices.api.lasting import Right
from telemetry.export.compression import Compression, Piece, compressed
from telemetry.export.formats import FORMATS, Format, render, wanted
from telemetry.export.options import Options, options
from telemetry.history.table import Block, Table, length

logger = logging.getLogger(__name__)

_ENDINGS: dict[Compression, str] = {"": "", "gzip": ".gz", "zstd": ".zst"}
_PACKED: dict[Compression, str] = {"gzip": "application/gzip", "zstd": "application/zstd"}


class Export(StreamingHttpResponse):
    """Compressed already, or better not: no middleware compresses it again."""


class _Counted:
    """Blocks, and how many rows of them were asked for."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self.rows = 0

    def __iter__(self) -> Iterator[Block]:
        for block in self._blocks:
            self.rows += length(block[0]) if block else 0
            yield block


def streamed(
    request: Request, table: Table, name: str, zone: ZoneInfo | None = None, kind: str = "readings"
) -> HttpResponseBase:
    """`name` is the file's, without an ending; `zone` that of ISO times; `kind` what the rows are,
    for the audit log. Raises what reading the first block raises."""
    chosen = wanted(request)
    how = options(request, zone)
    give_back = turns.download(request)
    try:
        answer = _streamed(request, table, name, chosen, how, kind)
    except BaseException:
        give_back()
        raise
    turns.until_closed(answer, give_back)
    return answer


def _streamed(
    request: Request, table: Table, name: str, chosen: str, how: Options, kind: str
) -> HttpResponseBase:
    of = FORMATS[chosen]
    blocks = iter(table.blocks)
    first = next(blocks, None)
    counted = _Counted(blocks if first is None else chain([first], blocks))
    table.blocks = iter(counted)
    encoding = how.compress or _encoding(request, of)
    pieces = _while_allowed(Right(request), compressed(render(table, chosen, how), encoding))
    django_request = request._request  # DRF has no other way to it
    file = f"{name}.{of.ending}{_ENDINGS[how.compress]}"
    if chosen != "json" and request.method != "HEAD":
        pieces = _recorded(request, Of(kind, label=file), counted, pieces)
    if request.method == "HEAD":
        answer: HttpResponseBase = HttpResponse()
    elif isinstance(django_request, ASGIRequest):
        # Django reads a plain iterator to its end before it sends anything.
        answer = Export(_pulled(pieces))
    else:
        answer = Export(pieces)
    answer["Content-Type"] = _PACKED[how.compress] if how.compress else _content_type(of)
    if encoding and not how.compress:
        answer["Content-Encoding"] = encoding
    if chosen != "json":
        answer["Content-Disposition"] = content_disposition_header(True, file)
    patch_vary_headers(answer, ["Accept", "Accept-Encoding"])
    return answer


def _while_allowed(right: Right, pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Raises `RightEnded` as soon as whoever asked may no more: the file is visibly broken then."""
    for piece in pieces:
        right.look()
        yield piece


def _recorded(
    request: Request, of: Of, counted: _Counted, pieces: Iterator[Piece]
) -> Iterator[Piece]:
    """The audit log has who asked before a byte is sent, and how many rows went when it ends,
    however it ends."""
    audit.record(request, f"export.{of.kind}", of, after=dict(request.query_params.items()))

    def pass_on() -> Iterator[Piece]:
        is_whole = False
        try:
            yield from pieces
            is_whole = True
        finally:
            facts = {"rows": counted.rows, "whole": is_whole}
            try:
                audit.record(request, "export.ended", of, after=facts)
            except DatabaseError as exc:  # which may be why it ends
                logger.error("not in the audit log: %s", exc, extra={"action": "audit_lost"})

    return pass_on()


def _content_type(of: Format) -> str:
    is_csv = of.ending == "csv"
    return f"{of.media_types[0]}; charset=utf-8; header=present" if is_csv else of.media_types[0]


def _encoding(request: Request, of: Format) -> Compression:
    """The best of what the client takes; empty: as it is."""
    taken: dict[str, str] = {}
    for each in request.headers.get("Accept-Encoding", "").lower().split(","):
        word, _, weight = each.replace(" ", "").partition(";q=")
        taken[word] = weight
    for encoding in of.encodings:
        if taken.get(encoding, "0").strip("0.") or taken.get(encoding) == "":
            return encoding  # type: ignore[return-value]
    return ""


async def _pulled(pieces: Iterator[Piece]) -> AsyncIterator[Piece]:
    """Each piece made in the request's own thread, where its database connection is; one ahead, so
    that the next is made while this one is sent. Nothing is made that the client does not take."""

    def made() -> Piece | None:
        piece = next(pieces, None)
        if settings.DATABASE_POOL:
            # While this is sent, which a slow client may have take hours, others have it.
            connection.close()
        return piece

    pull = sync_to_async(made)
    upcoming = asyncio.ensure_future(pull())
    try:
        while (piece := await upcoming) is not None:
            upcoming = asyncio.ensure_future(pull())
            yield piece
    finally:
        await asyncio.wait({upcoming})
        await sync_to_async(_end)(pieces)


def _end(pieces: Any) -> None:
    """Django closes the connection of a request that ended, not of one that broke off."""
    pieces.close()
    connection.close()
