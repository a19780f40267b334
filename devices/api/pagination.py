"""How every list is cut into pages."""

from __future__ import annotations

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

DEFAULT_PAGE_SIZE = 50  # rows
MAX_PAGE_SIZE = 1000  # rows


class PageNumbers(PageNumberPagination):
    """`?page=2&page_size=100`; a size out of bounds is told, not silently replaced."""

    page_size = DEFAULT_PAGE_SIZE
    page_size_query_param = "page_size"
    page_size_query_description = f"Rows of a page: 1 to {MAX_PAGE_SIZE}."
    max_page_size = MAX_PAGE_SIZE

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
