"""The words of a notification: text with named places, filled from what is told. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.errors import NotificationsError

MAX_SUBJECT = 200  # characters of a template, and of what becomes of it
MAX_TEXT = 2_000  # characters of a template
MAX_FILLED = 4_000  # characters of what becomes of one
_DECIMALS = re.compile(r"[0-9]")
_CLOCK = "%Y-%m-%d %H:%M"
# {name}, {name:format}; {{ and }} are braces.
_PLACE = re.compile(r"\{\{|\}\}|\{([a-z_]*)(?::([^{}]*))?\}|[{}]")

Value = str | float | datetime | timedelta | None

# What each place is: text, a number, an instant or a length of time.
PLACES: dict[str, type] = {
    "what": str,
    "sentence": str,
    "severity": str,
    "rule": str,
    "device": str,
    "uid": str,
    "site": str,
    "metric": str,
    "value": float,
    "limit": float,
    "unit": str,
    "labels": str,
    "started": datetime,
    "cleared": datetime,
    "lasted": timedelta,
    "runbook": str,
    "url": str,
    "acknowledge_url": str,
    "step": float,
    "policy": str,
    "count": float,
    "items": str,
}


class InvalidTemplate(NotificationsError):
    """What is wrong with it, in words."""


@dataclass(frozen=True, slots=True)
class Template:
    """Made with `read`. Pieces of text, and (name, format) of what stands between them."""

    pieces: tuple[str | tuple[str, str], ...]


def read(text: str, limit: int = MAX_TEXT) -> Template:
    """Raises `InvalidTemplate`."""
    if len(text) > limit:
        raise InvalidTemplate(f"It has more than {limit} characters.")
    pieces: list[str | tuple[str, str]] = []
    at = 0
    for found in _PLACE.finditer(text):
        pieces.append(text[at : found.start()])
        at = found.end()
        pieces.append(_piece(found))
    pieces.append(text[at:])
    return Template(tuple(piece for piece in pieces if piece != ""))


def fill(template: Template, values: Mapping[str, Value], zone: ZoneInfo) -> str:
    """The text; instants in the zone. A line in which every place is empty is left out: nothing is
    known of what it would tell."""
    text = "".join(
        piece if isinstance(piece, str) else f"\0{_written(piece, values, zone)}\1"
        for piece in template.pieces
    )
    lines = [line for line in text.split("\n") if "\0" not in line or re.search("\0[^\1]", line)]
    return re.sub("[\0\1]", "", "\n".join(lines))[:MAX_FILLED].strip()


def fill_line(template: Template, values: Mapping[str, Value], zone: ZoneInfo) -> str:
    """As `fill`, on one line: a subject with a line break would be a header of its own."""
    return " ".join(fill(template, values, zone).split())[:MAX_SUBJECT]


def _piece(found: re.Match[str]) -> str | tuple[str, str]:
    if found[0] in ("{{", "}}"):
        return found[0][0]
    name, form = found[1], found[2] or ""
    if name is None:
        raise InvalidTemplate(f"Write {found[0] * 2} for a {found[0]}.")
    kind = PLACES.get(name)
    if kind is None:
        raise InvalidTemplate(f"Nothing is called {{{name}}}. There is {', '.join(PLACES)}.")
    if form and not (kind is float and _DECIMALS.fullmatch(form)):
        raise InvalidTemplate(
            f"{{{name}:{form}}}: only numbers have a format, one digit of decimals."
        )
    return name, form


def _written(place: tuple[str, str], values: Mapping[str, Value], zone: ZoneInfo) -> str:
    name, form = place
    value = values.get(name)
    if value is None:
        text = ""
    elif isinstance(value, datetime):
        text = value.astimezone(zone).strftime(_CLOCK)
    elif isinstance(value, timedelta):
        text = lasted(value)
    elif isinstance(value, str):
        text = value
    else:
        text = f"{value:.{form}f}" if form else f"{value:.6g}"
    return re.sub("[\0\1]", "", text)


def lasted(length: timedelta) -> str:
    """In the two largest units: "45 s", "5 min", "2 h 10 min", "3 d 4 h"."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(hours, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"
