"""How a log line looks: one line per event, `key=value`, the same keys each time.

`action` is the stable name of an event (code may rely on it); `message` is prose and may change.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from devices.invisible import without

# What every record has; anything else was given with `extra` and is shown.
ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# A token of a device or of an operator, wherever it got to: a mistyped address, a traceback. What
# is left of it, and may be known, tells one from another.
_TOKEN = re.compile(r"\b(p[bd](?:_|%5[Ff])[A-Za-z0-9_-]{7})[A-Za-z0-9_-]{9,}")
# A link that acknowledges without a log-in; what is left says whose it is.
_LINK = re.compile(r"(/a/[0-9]{1,19}\.)[A-Za-z0-9_.-]{6,}")


class LineFormatter(logging.Formatter):
    """logfmt: time, level, logger, action, message, whatever else the event says."""

    def format(self, record: logging.LogRecord) -> str:
        given = {key: value for key, value in vars(record).items() if key not in ORDINARY}
        moment = datetime.fromtimestamp(record.created, UTC)
        facts = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **({"action": given.pop("action")} if "action" in given else {}),
            "message": record.getMessage(),
            **given,
        }
        if record.exc_info:
            facts["exception"] = self.formatException(record.exc_info)
        return " ".join(f"{key}={_shown(value)}" for key, value in facts.items())


def _shown(value: object) -> str:
    """A word as it is, anything else quoted so that it stays on its line, in its order."""
    text = _LINK.sub(r"\1…", _TOKEN.sub(r"\1…", str(value)))
    plain = text and text.isascii() and text.isprintable() and not set(text) & set(' "=')
    return text if plain else without(json.dumps(text, ensure_ascii=False), _escaped)


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]
