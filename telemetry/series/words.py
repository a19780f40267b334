"""Numbers, durations and names of metrics as people read them. Pure.

Twin of `dashboard/static/dashboard/js/page/format.js`, so that a notification says what a page
shows; `telemetry/tests/words_cases.json` binds both.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal

THIN = "\u2009"  # between a number and its unit
MINUS = "\u2212"
GROUP = "\u202f"  # between thousands
SIGNIFICANT = 4  # digits shown of a fraction when a series names no precision
TINY = 1e-4  # below it, and from HUGE on, a value is written with a power of ten
HUGE = 1e15
SECOND_US, MINUTE_US, HOUR_US, DAY_US = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000

_LETTERS = str.maketrans("₂₃₄ₓ", "234x", "/.-")
# How these are written wherever they stand in a name.
WRITTEN = {
    word.translate(_LETTERS).lower(): word
    for word in (
        *("AC", "ADC", "CH₄", "CO", "CO₂", "CO₂e", "CPU", "DC", "EC", "FFT", "GPS", "H₂", "H₂O"),
        *("H₂S", "HVAC", "I/O", "IAQ", "ID", "IP", "LQI", "LTE", "MAC", "MQTT", "N₂", "N₂O", "NH₃"),
        *("NO₂", "NOₓ", "O₂", "O₃", "OK", "PF", "pH", "PM1", "PM10", "PM2.5", "PV", "PWM", "RAM"),
        *("RH", "RMS", "RPM", "RSRP", "RSRQ", "RSSI", "RTC", "SINR", "SNR", "SO₂", "SoC", "SoH"),
        *("TDS", "THD", "TVOC", "UPS", "USB", "UV", "UVI", "VOC", "Wi-Fi", "XYZ"),
    )
}
_PARTICLES = re.compile(r"(^|[._-])pm(\d+)[._](\d+)(?=$|[._-])", re.IGNORECASE)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None, precision: int | None = None) -> str:
    """With so many decimals, or as many as the value needs."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size >= HUGE or (precision is None and size != 0 and size < TINY):
        return _power(value)
    if precision is not None:
        return _grouped(_fixed(value, precision))
    if value == int(value):
        return _grouped(str(int(value)))
    return _grouped(_fixed(value, _decimals(size), cut=True))


def with_unit(text: str, unit: str) -> str:
    return f"{text}{THIN}{unit}" if unit else text


def duration(us: int) -> str:
    """ "250 ms", "1.5 s", "5 min", "1 h 30 min", "7 d": in at most two units."""
    if us < SECOND_US:
        return f"{round(us / 1_000)}{THIN}ms"
    if us < MINUTE_US:
        return f"{_fixed(us / SECOND_US, 1, cut=True)}{THIN}s"
    if us < HOUR_US:
        unit, name, below, below_name = MINUTE_US, "min", SECOND_US, "s"
    elif us < DAY_US:
        unit, name, below, below_name = HOUR_US, "h", MINUTE_US, "min"
    else:
        unit, name, below, below_name = DAY_US, "d", HOUR_US, "h"
    whole, rest = us // unit, us % unit // below
    return f"{whole}{THIN}{name}" + (f" {rest}{THIN}{below_name}" if rest else "")


def humanise(metric: str) -> str:
    """ "motor.x_rms" as "Motor x RMS"."""
    words = re.sub(r"[._]+", " ", _PARTICLES.sub(r"\1pm\2\3", metric)).split()
    if not words:
        return metric
    written = [WRITTEN.get(word.lower(), word) for word in words]
    if written[0] == words[0]:  # what is written in a way of its own keeps it: pH, CO₂
        written[0] = words[0][0].upper() + words[0][1:]
    return " ".join(written)


def _decimals(size: float) -> int:
    """Of a value that is more than 0 and no whole number."""
    if size >= 1_000:
        return 0 if size >= 100_000 else 1
    if 0.1 <= size < 1:
        return SIGNIFICANT
    return SIGNIFICANT - 1 - math.floor(math.log10(size))


def _fixed(value: float, decimals: int, *, cut: bool = False) -> str:
    """Half is rounded away from zero, as JavaScript does. `cut`: without zeros at the end."""
    text = str(Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
    return text.rstrip("0").rstrip(".") if cut and "." in text else text


def _power(value: float) -> str:
    digits, exponent = f"{Decimal(value):.{SIGNIFICANT - 1}e}".split("e")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{digits}×10{str(int(exponent)).translate(_RAISED)}".replace("-", MINUS)


def _grouped(text: str) -> str:
    """Thousands apart from five digits on, and no minus before zero."""
    text = text.lstrip("-") if not text.strip("-0.") else text
    whole, dot, rest = text.partition(".")
    digits = whole.lstrip("-")
    if len(digits) >= 5:
        apart = f"{int(digits):,}".replace(",", GROUP)
        whole = whole.replace(digits, apart)
    return f"{whole}{dot}{rest}".replace("-", MINUS)
