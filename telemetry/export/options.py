"""How a table is to be written: `bom`, `time` and `compress` of a request, in which time zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from telemetry.api import parameters as query

Compression = Literal["", "gzip", "zstd"]

PARAMETERS = frozenset({"format", "bom", "time", "compress"})


@dataclass(frozen=True, slots=True)
class Options:
    time: Literal["", "ms", "iso"] = ""  # empty: what the format does by itself
    zone: ZoneInfo | None = None  # of ISO times; None: UTC, written `Z`
    bom: bool = False  # before CSV, for spreadsheets that otherwise take it for Latin-1
    compress: Compression = ""  # the file itself, not its way here

    @property
    def zone_name(self) -> str:
        return self.zone.key if self.zone else "UTC"


def described() -> list[OpenApiParameter]:
    """For the OpenAPI schema; `format` it finds by itself."""
    return [
        query.described("bom", "`1`: CSV begins with a byte order mark, as Excel wants it."),
        query.described("time", "`ms` or `iso`: how CSV, NDJSON and JSON tables write a time."),
        query.described("compress", "`gzip` or `zstd`: the file is a compressed one."),
    ]


def options(request: Request, zone: ZoneInfo | None = None) -> Options:
    """Answers 400 to a mistake. `zone`: what the view made of `tz`."""
    return Options(
        time=query.one_of(request, "time", ("ms", "iso")),  # type: ignore[arg-type]
        zone=None if zone is None or zone.key == "UTC" else zone,
        bom=query.one_of(request, "bom", ("0", "1")) == "1",
        compress=query.one_of(request, "compress", ("gzip", "zstd")),  # type: ignore[arg-type]
    )
