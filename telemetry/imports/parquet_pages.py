"""How large the pages of a Parquet file become, by their own headers.

The footer's sum is only what whoever wrote the file says of it. A page is unpacked into as much
memory as its header says, up to 2 GiB, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from telemetry.errors import TelemetryError
from telemetry.imports.errors import NotImported

MAX_PAGES = 1_000_000  # of a file; writers make one of a mebibyte, or of 20 000 rows
MAX_HEADER_BYTES = 1024 * 1024  # of one page; statistics are in it
USUAL_HEADER_BYTES = 512  # read at first
MAX_DEPTH = 8  # of what stands in a header

# What follows a field of Thrift's compact protocol, by its kind.
STOP, BYTE, I32, DOUBLE, BINARY, STRUCT = 0, 3, 5, 7, 8, 12
BOOLEANS, WHOLE, LISTS = (1, 2), (4, 5, 6), (9, 10)
UNPACKED, PACKED = 2, 3  # fields of a page's header


class _Ends(TelemetryError):
    """The bytes end within the header."""


def largest_pages(file: BinaryIO, metadata: Any) -> Iterator[int]:
    """Of each row group, how many bytes the largest pages of its columns are together, unpacked.
    Raises `NotImported`."""
    left = MAX_PAGES
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        together = 0
        for column in map(group.column, range(group.num_columns)):
            largest = 0
            for unpacked in _pages(file, column):
                left -= 1
                if left < 0:
                    raise NotImported(f"It has more than {MAX_PAGES} pages.")
                largest = max(largest, unpacked)
            together += largest
        yield together


def _pages(file: BinaryIO, column: Any) -> Iterator[int]:
    """Bytes of each page, unpacked."""
    at = column.data_page_offset
    first = column.dictionary_page_offset
    if column.has_dictionary_page and first is not None and 0 < first < at:
        at = first
    end = at + column.total_compressed_size
    while at < end:
        length, unpacked, packed = _header(file, at)
        if unpacked < 0 or packed < 0:
            raise NotImported("A page is smaller than nothing.")
        yield unpacked
        at += length + packed


def _header(file: BinaryIO, at: int) -> tuple[int, int, int]:
    """Its own length, and that of the page unpacked and packed."""
    for size in (USUAL_HEADER_BYTES, MAX_HEADER_BYTES):
        file.seek(at)
        reading = _Compact(file.read(size))
        try:
            found = reading.numbers()
        except _Ends:
            continue
        return reading.at, found.get(UNPACKED, 0), found.get(PACKED, 0)
    raise NotImported("The header of a page has no end.")


class _Compact:
    """As much of the protocol as it takes to find the end of a header."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def numbers(self) -> dict[int, int]:
        """The whole numbers of a struct by field; the rest is passed over."""
        found: dict[int, int] = {}
        field = 0
        while (head := self._byte()) & 15 != STOP:
            kind = head & 15
            field = field + (head >> 4) if head >> 4 else _signed(self._varint())
            if kind == I32:
                found[field] = _signed(self._varint())
            else:
                self._pass(kind, MAX_DEPTH)
        return found

    def _pass(self, kind: int, depth: int) -> None:
        if depth == 0:
            raise NotImported("The header of a page is nested too deeply.")
        if kind in BOOLEANS:
            return
        if kind in WHOLE:
            self._varint()
        elif kind in (BYTE, DOUBLE):
            self._skip(1 if kind == BYTE else 8)
        elif kind == BINARY:
            self._skip(self._varint())
        elif kind in LISTS:
            self._pass_list(depth - 1)
        elif kind == STRUCT:
            self._pass_struct(depth - 1)
        else:
            raise NotImported("The header of a page cannot be read.")

    def _pass_list(self, depth: int) -> None:
        head = self._byte()
        kind = BYTE if head & 15 in BOOLEANS else head & 15  # of a list a boolean takes a byte
        for _ in range(self._varint() if head >> 4 == 15 else head >> 4):
            self._pass(kind, depth)

    def _pass_struct(self, depth: int) -> None:
        while (head := self._byte()) & 15 != STOP:
            if not head >> 4:
                self._varint()
            self._pass(head & 15, depth)

    def _byte(self) -> int:
        self._skip(1)
        return self._data[self.at - 1]

    def _varint(self) -> int:
        found = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            found |= (byte & 127) << shift
            if byte < 128:
                return found
        raise NotImported("The header of a page cannot be read.")

    def _skip(self, size: int) -> None:
        if self.at + size > len(self._data):
            raise _Ends
        self.at += size


def _signed(number: int) -> int:
    """Of the 32 bits that are looked at."""
    number &= 0xFFFFFFFF
    return (number >> 1) ^ -(number & 1)
