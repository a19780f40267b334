"""Units as they are shown. Pure."""

from __future__ import annotations

from functools import lru_cache

from devices.invisible import without

REMEMBERED = 10_000  # answers; devices ask the same again and again
MAX_UNIT = 32  # characters; telemetry.models.Series.unit, kept equal by a test

# Spellings by what is shown. Looked up as written, then in lower case.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "°C": ("C", "Cel", "℃", "ºC", "° C", "degC", "deg C", "degreesCelsius", "celsius"),
    "°F": ("F", "[degF]", "℉", "ºF", "° F", "degF", "deg F", "degreesFahrenheit", "fahrenheit"),
    "K": ("kelvin", "degreesKelvin"),
    "%": ("percent", "pct", "%RH", "%rh", "% RH", "% rh", "rH", "percentRelativeHumidity", "%EL"),
    "Wh": ("watthours", "watt-hour", "W.h", "W·h", "W h"),
    "kWh": ("KWH", "kwh", "kW·h", "kW.h", "kW h", "kilowattHours"),
    "MWh": ("megawattHours",),
    "W": ("watt", "watts"),
    "kW": ("KW", "kilowatts", "kilowatt"),
    "MW": ("megawatts",),
    "mW": ("milliwatts",),
    "VA": ("voltAmperes",),
    "kVA": ("kilovoltAmperes",),
    "var": ("VAr", "VAR", "voltAmperesReactive"),
    "kvar": ("kVAr", "kVAR"),
    "varh": ("VArh", "VARh", "vah", "varhours"),
    "kvarh": ("kVArh", "kVARh"),
    "V": ("volt", "volts"),
    "mV": ("millivolt", "millivolts"),
    "A": ("amp", "amps", "ampere", "amperes"),
    "mA": ("milliamp", "milliamps", "milliamperes"),
    "Ω": ("ohm", "ohms", "Ohm"),
    "Hz": ("hertz",),
    "Pa": ("pascal", "pascals"),
    "hPa": ("hpa", "HPA", "hectopascals", "mbar", "millibar", "millibars"),
    "kPa": ("kpa", "kilopascals"),
    "bar": ("bars",),
    "psi": ("PSI", "poundsForcePerSquareInch"),
    "mmHg": ("mm[Hg]", "mmhg", "torr"),
    "inHg": ("[in_i'Hg]", "inhg"),
    "lx": ("lux", "LUX", "luxes"),
    "ppm": ("[ppm]", "PPM", "partsPerMillion"),
    "ppb": ("[ppb]", "PPB", "partsPerBillion"),
    "µg/m³": ("ug/m3", "ug/m³", "µg/m3", "μg/m³", "μg/m3", "ug/m^3", "µg/m^3", "microg/m3"),
    "mg/m³": ("mg/m3", "mg/m^3"),
    "g/m³": ("g/m3", "g/m^3"),
    "dBm": ("dbm", "DBM"),
    "dB": ("db", "decibels"),
    "dB(A)": ("dBA", "dba"),
    "m/s": ("mps", "metersPerSecond"),
    "km/h": ("kmh", "kph", "kmph", "kilometersPerHour", "km/hr"),
    "mph": ("mi/h", "milesPerHour"),
    "kn": ("kt", "kts", "knot", "knots", "[kn_i]"),
    "mm": ("millimeters", "millimetres"),
    "cm": ("centimeters", "centimetres"),
    "m": ("meter", "meters", "metre", "metres"),
    "km": ("kilometers", "kilometres"),
    "in": ("inch", "inches", "[in_i]"),
    "ft": ("feet", "[ft_i]"),
    "mm/h": ("mm/hr", "mmph", "millimetersPerHour"),
    "m³": ("m3", "m^3", "cbm", "cubicMeters"),
    "m³/h": ("m3/h", "m^3/h", "cubicMetersPerHour"),
    "ft³": ("ft3", "ft^3", "cubicFeet"),
    "L": ("l", "litre", "litres", "liter", "liters"),
    "L/min": ("l/min", "lpm", "litersPerMinute"),
    "L/h": ("l/h", "litersPerHour"),
    "gal": ("gallon", "gallons", "usGallons", "[gal_us]"),
    "s": ("sec", "secs", "second", "seconds"),
    "ms": ("msec", "millisecond", "milliseconds"),
    "min": ("minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "d": ("day", "days"),
    "g": ("gram", "grams"),
    "kg": ("kilogram", "kilograms"),
    "lb": ("lbs", "pound", "pounds", "[lb_av]"),
    "°": ("deg", "degree", "degrees", "degreesAngular"),
    "rad": ("radian", "radians"),
    "mired": ("MK⁻¹", "mireds"),
    "rpm": ("RPM", "r/min", "revolutionsPerMinute", "1/min"),
    "W/m²": ("W/m2", "W/m^2", "wattsPerSquareMeter"),
    "µS/cm": ("uS/cm", "us/cm", "μS/cm"),
    "mS/cm": (),
    "B": ("byte", "bytes"),
    "kB": ("KB", "kilobytes"),
    "MB": ("megabytes",),
    "GB": ("gigabytes",),
    "J": ("joule", "joules"),
    "Ah": ("ampHours",),
    "mAh": (),
    "µT": ("uT",),
    "N": ("newton", "newtons"),
    "m/s²": ("m/s2", "m/s^2"),
    "": ("none", "null", "unitless", "noUnits", "1", "-", "n/a", "#"),
}
_SHOWN = {spelt: shown for shown, all_of_it in _SPELLINGS.items() for spelt in all_of_it}
_SHOWN |= {shown: shown for shown in _SPELLINGS}
_SHOWN_LOWER = {spelt.lower(): shown for spelt, shown in _SHOWN.items() if len(spelt) > 2}


def normalised(unit: str) -> str:
    """The unit as it is shown; one that is not known here stays, without what nobody sees."""
    return _normalised(unit[: 4 * MAX_UNIT])


@lru_cache(REMEMBERED)
def _normalised(unit: str) -> str:
    cleaned = " ".join(without(unit).split())
    shown = _SHOWN.get(cleaned)
    if shown is None:
        shown = _SHOWN_LOWER.get(cleaned.lower(), cleaned)
    return shown[:MAX_UNIT]


def is_shown(unit: str) -> bool:
    """Whether it is a unit, in whatever spelling."""
    return bool(unit) and (unit in _SHOWN or unit.lower() in _SHOWN_LOWER)
