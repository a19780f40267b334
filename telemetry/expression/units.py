"""What becomes of units in a formula. Pure.

Three cases: a plain number has no unit and takes any; of a unit that is not in this table, and of a
series without one, nothing is known but its name; the rest are reckoned with. Temperatures on a
scale with a zero of its own (°C, °F) are counted: their difference is none any more, and a half of
each of two makes one again.
"""

from __future__ import annotations

from typing import NamedTuple

Dimensions = tuple[tuple[str, int], ...]  # base and exponent, sorted


class Unit(NamedTuple):
    """A unit, or that there is none, or that it is not known."""

    dimensions: Dimensions = ()
    factor: float = 1.0  # of the base
    zeros: float = 0.0  # how often the zero of a temperature scale is in it
    known: bool = True
    any: bool = False  # a plain number, which goes with every unit


UNKNOWN = Unit(known=False)
PLAIN = Unit(any=True)


class Mismatch(ValueError):
    """Two units that do not go together; the message says so in words."""


def _of(factor: float, **exponents: int) -> Unit:
    return Unit(tuple(sorted(exponents.items())), factor)


# As bridge.decode.units writes them. Time in hours, volume in m³, length in metres.
_TABLE: dict[str, Unit] = {
    "W": _of(1, V=1, A=1),
    "kW": _of(1e3, V=1, A=1),
    "MW": _of(1e6, V=1, A=1),
    "mW": _of(1e-3, V=1, A=1),
    "Wh": _of(1, V=1, A=1, h=1),
    "kWh": _of(1e3, V=1, A=1, h=1),
    "MWh": _of(1e6, V=1, A=1, h=1),
    "J": _of(1 / 3600, V=1, A=1, h=1),
    "V": _of(1, V=1),
    "mV": _of(1e-3, V=1),
    "A": _of(1, A=1),
    "mA": _of(1e-3, A=1),
    "Ah": _of(1, A=1, h=1),
    "mAh": _of(1e-3, A=1, h=1),
    "Ω": _of(1, V=1, A=-1),
    "VA": _of(1, va=1),
    "kVA": _of(1e3, va=1),
    "var": _of(1, var=1),
    "kvar": _of(1e3, var=1),
    "varh": _of(1, var=1, h=1),
    "kvarh": _of(1e3, var=1, h=1),
    "h": _of(1, h=1),
    "d": _of(24, h=1),
    "min": _of(1 / 60, h=1),
    "s": _of(1 / 3600, h=1),
    "ms": _of(1 / 3.6e6, h=1),
    "m": _of(1, m=1),
    "km": _of(1e3, m=1),
    "cm": _of(1e-2, m=1),
    "mm": _of(1e-3, m=1),
    "m/s": _of(3600, m=1, h=-1),
    "km/h": _of(1e3, m=1, h=-1),
    "mm/h": _of(1e-3, m=1, h=-1),
    "m³": _of(1, m3=1),
    "L": _of(1e-3, m3=1),
    "m³/h": _of(1, m3=1, h=-1),
    "L/h": _of(1e-3, m3=1, h=-1),
    "L/min": _of(60e-3, m3=1, h=-1),
    "g": _of(1, g=1),
    "kg": _of(1e3, g=1),
    "Pa": _of(1, Pa=1),
    "hPa": _of(1e2, Pa=1),
    "kPa": _of(1e3, Pa=1),
    "bar": _of(1e5, Pa=1),
    "B": _of(1, B=1),
    "kB": _of(1e3, B=1),
    "MB": _of(1e6, B=1),
    "GB": _of(1e9, B=1),
    "K": _of(1, K=1),
    "°C": _of(1, K=1)._replace(zeros=1.0),
    "°F": _of(1, F=1)._replace(zeros=1.0),
}
_NEAR = 1e-9  # share by which two factors may differ and be the same
HOUR = _TABLE["h"]
DAY = _TABLE["d"]


def unit_of(text: str) -> Unit:
    """What is known of a unit as it is shown."""
    if not text:
        return UNKNOWN
    return _TABLE.get(text, Unit(((f"[{text}]", 1),)))


def shown(unit: Unit) -> str:
    """How it is shown; "" of a plain number and of what has no name."""
    if unit.any or not unit.known or not unit.dimensions:
        return ""
    if unit.dimensions == _TABLE["°F"].dimensions and unit.zeros == 0:
        return "°F"  # there is no other word for a difference
    if unit.dimensions == _DEGREE_DAYS and not unit.zeros:
        return "K·d" if _same(unit.factor, DAY.factor) else ""
    for text, each in _TABLE.items():
        alike = each.dimensions == unit.dimensions and each.zeros == unit.zeros
        if alike and _same(each.factor, unit.factor):
            return text
    ((name, exponent), *others) = unit.dimensions
    if others or exponent != 1 or not name.startswith("[") or not _same(unit.factor, 1):
        return ""
    return name[1:-1]


_DEGREE_DAYS: Dimensions = (("K", 1), ("h", 1))


def added(left: Unit, right: Unit, sign: int) -> Unit:
    """Of `left + right`, or of their difference. Raises `Mismatch`."""
    found = alike(left, right, "added" if sign > 0 else "subtracted")
    return found._replace(zeros=left.zeros + sign * right.zeros) if found.known else found


def alike(left: Unit, right: Unit, verb: str, *, zeros: bool = False) -> Unit:
    """The unit both have. With `zeros` also a temperature and a difference are two. Raises
    `Mismatch`."""
    if left.any:
        return right
    if right.any:
        return left
    if not left.known or not right.known:
        return UNKNOWN
    differ = left.dimensions != right.dimensions or not _same(left.factor, right.factor)
    if differ or (zeros and left.zeros != right.zeros):
        one, other = shown(left) or "a number without a unit", shown(right) or "another unit"
        raise Mismatch(f"{one} and {other} cannot be {verb}")
    return left


def scaled(unit: Unit, by: float | None) -> Unit:
    """Of a unit times a plain number; None: of which nothing is known."""
    if not unit.zeros:
        return unit
    return UNKNOWN if by is None else unit._replace(zeros=unit.zeros * by)


def multiplied(left: Unit, right: Unit, exponent: int) -> Unit:
    """Of `left * right ** exponent`, of two that are no plain numbers."""
    if not left.known or not right.known or left.zeros or right.zeros:
        return UNKNOWN
    found = dict(left.dimensions)
    for name, each in right.dimensions:
        found[name] = found.get(name, 0) + exponent * each
    dimensions = tuple(sorted((name, each) for name, each in found.items() if each))
    factor = left.factor * right.factor**exponent
    if not dimensions:
        return PLAIN if _same(factor, 1) else UNKNOWN
    return Unit(dimensions, factor)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _NEAR * abs(other)
