"""Query parameters: read strictly, described once for the OpenAPI schema.

Every mistake answers 400 and names its parameter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, available_timezones

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from telemetry.api.moments_asked import UTC_ZONE, asked_us
from telemetry.moments import in_ms, parse

MAX_MS = 253_370_764_800_000  # year 9999 of Unix milliseconds: what a timestamp can show
MAX_LENGTH = 20_000  # characters of one parameter

_WHOLE = re.compile(r"\d{1,15}\Z", re.ASCII)
_WORD = re.compile(r"(?:\\[\\, ]|[^,])+")
_BLANK_END = re.compile(r"(?<!\\)\s+\Z")
_ESCAPED = re.compile(r"\\([\\, ])")
_PLUS_LOST = re.compile(r"(T.*) (\d\d:?\d\d)\Z")


def described(
    name: str, text: str, kind: Any = str, *, many: bool = False, enum: Sequence[str] | None = None
) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=text, many=many, enum=enum)


def whole(name: str, text: str, *, least: int, most: int, default: int) -> OpenApiParameter:
    """A whole number, with its bounds in the schema."""
    bounds = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return OpenApiParameter(name, bounds, description=text)


FROM = described("from", "Start of the window, included: Unix milliseconds or ISO 8601.")
TO = described("to", "End of the window, excluded: Unix milliseconds or ISO 8601.")
TZ = described("tz", "A time zone, as `Europe/Berlin`: of times without an offset, and of days.")


def refuse(name: str, message: str) -> NoReturn:
    raise ValidationError({name: [message]})


def known(request: Request, names: Collection[str], *, lists: Collection[str] = ()) -> None:
    """Refuse a parameter not among `names`, and one of them given twice unless it is among `lists`:
    ignored, a mistake would answer something else."""
    for name in request.query_params:
        if name not in names and name != "format":
            refuse(name, f"No such parameter. Known: {', '.join(sorted(names))}.")
        if len(request.query_params.getlist(name)) > 1 and name not in lists:
            refuse(name, "Give it once.")


def text(request: Request, name: str) -> str:
    """The parameter without outer blanks, empty when absent."""
    value = request.query_params.get(name, "").strip()
    if len(value) > MAX_LENGTH:
        refuse(name, f"At most {MAX_LENGTH} characters.")
    return value


def words(request: Request, name: str) -> list[str]:
    """A list without doubles and outer blanks: words with commas between, or the parameter given
    several times. In a word, a comma, a blank or a backslash with a backslash before it is meant
    as it is: `zone 1\\, supply`.
    """
    given = request.query_params.getlist(name)
    if sum(map(len, given)) > MAX_LENGTH:
        refuse(name, f"At most {MAX_LENGTH} characters.")
    found = (_BLANK_END.sub("", word.lstrip()) for each in given for word in _WORD.findall(each))
    return list(dict.fromkeys(_ESCAPED.sub(r"\1", word) for word in found if word))


def integer(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    raw = text(request, name)
    if not raw:
        return default
    if not _WHOLE.match(raw) or not least <= int(raw) <= most:
        refuse(name, f"Write a whole number from {least} to {most}.")
    return int(raw)


def row_id(request: Request, name: str) -> int:
    """The id of a row, 0 when absent."""
    return integer(request, name, 0, least=1, most=2**63 - 1)


def words_of(request: Request, name: str, allowed: Sequence[str]) -> list[str]:
    """Some of these words, each once; empty when absent."""
    found = words(request, name)
    for word in found:
        if word not in allowed:
            refuse(name, f"{word[:40]!r} is none of {', '.join(allowed)}.")
    return found


def one_of(request: Request, name: str, allowed: Sequence[str]) -> str:
    """One of these words, empty when absent."""
    word = text(request, name)
    if word and word not in allowed:
        refuse(name, f"Write one of {', '.join(allowed)}.")
    return word


def series_ids(request: Request, name: str, most: int) -> list[int]:
    """Comma-separated ids of series, at least one and at most `most`."""
    found = words(request, name)
    if not found or len(found) > most:
        refuse(name, f"Write 1 to {most} ids, separated by commas.")
    for word in found:
        if not _WHOLE.match(word) or int(word) > 2**31 - 1:
            refuse(name, f"{word[:40]!r} is not the id of a series.")
    return [int(word) for word in found]


def zone(request: Request) -> ZoneInfo:
    """What `tz` names, UTC when absent."""
    name = text(request, "tz")
    if name and name not in available_timezones():
        refuse("tz", f"No such time zone: {name[:60]!r}. Write a name as Europe/Berlin.")
    return ZoneInfo(name or "UTC")


def milliseconds(
    request: Request, name: str, *, zone: ZoneInfo = UTC_ZONE, now: datetime | None = None
) -> int | float | None:
    """A moment as Unix milliseconds, with the microseconds behind the point; None when absent.
    ISO 8601 without an offset is a time of the zone. Where `now` is given it may be relative."""
    raw = text(request, name)
    if not raw:
        return None
    # A '+' that was not escaped arrives as a blank.
    written = _PLUS_LOST.sub(r"\1+\2", raw)
    try:
        ms = in_ms(parse(written) if now is None else asked_us(written, zone, now))
    except (ValueError, OverflowError):
        example = "Write Unix milliseconds or ISO 8601, as 2026-11-22T06:00:00Z"
        refuse(name, f"{example}." if now is None else f"{example}, or -6h, -7d, -1mo, now.")
    if not 0 <= ms <= MAX_MS:
        refuse(name, "Write a time from 1970 to 9998.")
    return ms
