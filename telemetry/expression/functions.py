"""The functions a formula may call, and how many values each takes."""

from __future__ import annotations

from typing import Final

# Of values at one instant: the fewest and the most arguments.
AT_AN_INSTANT: Final = {
    "if": (3, 3),
    "min": (2, 16),
    "max": (2, 16),
    "abs": (1, 1),
    "round": (1, 2),
    "sqrt": (1, 1),
    "log": (1, 1),
    "exp": (1, 1),
    "clamp": (3, 3),
    "dew_point": (2, 2),
}
# Of a series and a duration. `min` and `max` are both: what comes last tells which is meant.
OVER_A_TIME: Final = frozenset(
    ("mean", "min", "max", "sum", "count", "first", "last", "increase", "integral")
)
SHIFT: Final = "shift"
DEGREE_DAYS: Final = "degree_days"
ALL: Final = AT_AN_INSTANT.keys() | OVER_A_TIME | {SHIFT, DEGREE_DAYS}
WORDS: Final = frozenset(("and", "or", "not", "true", "false"))
