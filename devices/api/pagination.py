"""How every list is cut into pages."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from devices.api import listing

DEFAULT_PAGE_SIZE = 50  # rows
MAX_PAGE_SIZE = 1000  # rows
MOVES = "Rows of this order move while you walk it. Begin at page 1 and follow `next`."
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")


class PageNumbers(PageNumberPagination):
    """`?page=2&page_size=100`; a size out of bounds is told, not silently replaced.

    `next` of the first page names the order as it is then (`listing`), so that whoever follows it
    sees every row once, whatever changes meanwhile. Without one, the pages of an order in the
    view's `moving` are refused: they would leave rows out.
    """

    page_size = DEFAULT_PAGE_SIZE
    page_size_query_param = "page_size"
    page_size_query_description = f"Rows of a page: 1 to {MAX_PAGE_SIZE}."
    max_page_size = MAX_PAGE_SIZE
    _listing: str | None = None

    def get_page_size(self, request: Request) -> int:
        word = request.query_params.get("page_size", "")
        if not word:
            return DEFAULT_PAGE_SIZE
        # isdecimal() alone would let other scripts' digits of any length through.
        if not (word.isascii() and word.isdecimal() and len(word) <= 9):
            raise ValidationError({"page_size": [f"{word[:20]!r} is not a whole number."]})
        if not 1 <= int(word) <= MAX_PAGE_SIZE:
            raise ValidationError({"page_size": [f"Write 1 to {MAX_PAGE_SIZE}."]})
        return int(word)

    def paginate_queryset(
        self, queryset: QuerySet, request: Request, view: Any = None
    ) -> list[Any] | None:
        name = request.query_params.get("listing", "")
        if name:
            return self._page_of(name, queryset, request)
        if request.query_params.get("page", "1") == "1":
            ids = list(queryset.values_list("pk", flat=True)[: listing.MAX_ROWS + 1])
            if self.get_page_size(request) < len(ids) <= listing.MAX_ROWS:
                self._listing = listing.keep(ids)
            if self._listing:
                return _rows(queryset, super().paginate_queryset(ids, request))
        elif _moves(request, view):
            raise ValidationError({"page": [MOVES]})
        return super().paginate_queryset(queryset, request, view)

    def _page_of(self, name: str, queryset: QuerySet, request: Request) -> list[Any]:
        ids = listing.recall(name) if _NAME.match(name) else None
        if ids is None:
            raise ValidationError({"listing": ["It is not kept any more. Begin at page 1."]})
        self._listing = name
        return _rows(queryset, super().paginate_queryset(ids, request))

    def get_next_link(self) -> str | None:
        return self._in_listing(super().get_next_link())

    def get_previous_link(self) -> str | None:
        return self._in_listing(super().get_previous_link())

    def _in_listing(self, link: str | None) -> str | None:
        if link is None or self._listing is None:
            return link
        return replace_query_param(link, "listing", self._listing)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            *super().get_schema_operation_parameters(view),
            {
                "name": "listing",
                "required": False,
                "in": "query",
                "description": "From `next`: the order as it was at the first page.",
                "schema": {"type": "string"},
            },
        ]


def _rows(queryset: QuerySet, ids: list[int]) -> list[Any]:
    """Those that are still there, in the order of the ids."""
    found = {row.pk: row for row in queryset.filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


def _moves(request: Request, view: Any) -> bool:
    words = request.query_params.get("ordering", "").split(",")
    return any(word.strip().removeprefix("-") in getattr(view, "moving", ()) for word in words)
