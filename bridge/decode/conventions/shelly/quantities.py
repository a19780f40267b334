"""Units of what a Shelly tells: by the name of the value, as its API has them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.decode.items import Described, Value
from bridge.decode.quantities import quantity_of

# The ends of names, the most telling first; and whether the value counts up.
_UNITS: tuple[tuple[str, str, bool], ...] = (
    ("aenergy.total", "Wh", True),  # also ret_aenergy
    ("act_energy", "Wh", True),  # emdata: a_total_act_energy
    ("act_ret_energy", "Wh", True),
    ("lag_react_energy", "varh", True),
    ("lead_react_energy", "varh", True),
    ("counts.total", "", True),  # of an input that counts
    ("counts.xtotal", "", True),
    ("apower", "W", False),
    ("act_power", "W", False),
    ("aprt_power", "VA", False),
    ("reactive_power", "var", False),
    ("power", "W", False),
    ("voltage", "V", False),
    ("battery.V", "V", False),
    ("current", "A", False),
    ("freq", "Hz", False),
    ("tC", "°C", False),
    ("temperature", "°C", False),
    ("temperature_f", "°F", False),
    ("rh", "%", False),
    ("humidity", "%", False),
    ("percent", "%", False),
    ("battery", "%", False),
    ("brightness", "%", False),
    ("current_pos", "%", False),
    ("pos", "%", False),
    ("lux", "lx", False),
    ("rssi", "dBm", False),
    ("uptime", "s", True),
    ("ram_free", "B", False),
    ("fs_free", "B", False),
)
# Gen1: meters count watt-minutes, energy meters watt-hours. Of `relay.0.energy` and the like the
# whole last level: `rain_total` is no energy.
_GEN1: tuple[tuple[str, str, bool], ...] = (
    (".energy", "Wmin", True),
    (".total", "Wh", True),
    (".total_returned", "Wh", True),
)


def described(uid: str, values: Mapping[str, Value]) -> Iterator[Described]:
    """The series of these metrics, where there is something to say of them."""
    for metric, value in values.items():
        if isinstance(value, bool | str):
            yield Described(uid, metric, kind="boolean" if isinstance(value, bool) else "text")
            continue
        for ending, unit, counts in (*_UNITS, *_GEN1):
            if metric == ending or metric.endswith(
                ending if ending[0] == "." else (f".{ending}", f"_{ending}")
            ):
                kind = "counter" if counts else "gauge"
                quantity = quantity_of(metric, unit) or ("energy" if unit == "Wmin" else "")
                yield Described(uid, metric, unit=unit, kind=kind, quantity=quantity)
                break
