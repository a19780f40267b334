"""The command line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_sim import faults, incidents
from firmware_sim.connection import PROTOCOLS, Broker
from firmware_sim.dialects import DIALECTS, OWN
from firmware_sim.fleet import SITES, Site, sites_named

MAX_DEVICES = 20_000
MAX_RATE = 20.0  # messages per second of one device
MAX_BACKFILL = 24 * 60.0  # minutes
MAX_PREFIX = 32  # characters; the rest of a uid needs at most 20 of its 64
DEFAULT_MQTT = "mqtt://127.0.0.1:1883"
TOKEN_VARIABLE = "PULSEBOARD_API_TOKEN"  # noqa: S105 - a variable's name


@dataclass(frozen=True, slots=True)
class Options:
    """What the run is to do."""

    devices: int = 24
    rate: float = 1.0  # messages per second of one device
    seed: int = 1
    duration: float | None = None  # seconds; None: until a signal
    mqtt: str = DEFAULT_MQTT
    protocol: str = "5"
    sites: tuple[Site, ...] = SITES
    faults: tuple[str, ...] = ()
    fault_factor: float = 1.0  # multiplies how often faults happen
    incidents: tuple[str, ...] = ()
    incident_factor: float = 1.0  # multiplies how often incidents happen
    backfill: float = 0.0  # minutes
    backfill_mark: Path | None = None
    uid_prefix: str = ""
    speak: tuple[str, ...] = ()  # dialects in turn; none: all to Pulseboard's own topics
    guests: tuple[str, ...] = ()  # dialects of devices besides, which nobody registers
    register: str | None = None
    register_only: bool = False
    describe: bool = False
    report: Path | None = None
    ledger: Path | None = None


def parse(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> Options:
    """Options from `argv`; exits with status 2 and a message when they make no sense."""
    parser = _parser(environ)
    given = parser.parse_args(argv)
    if given.register_only and not given.register:
        parser.error("--register-only needs --register URL")
    try:
        Broker.parse(given.mqtt, given.protocol)
        sites = sites_named(given.sites) if given.sites else SITES
    except ValueError as error:
        parser.error(str(error))
    return Options(**{**vars(given), "sites": sites})


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firmware_sim",
        description="A simulated fleet that publishes telemetry over MQTT.",
        epilog=f"The API token of --register is read from {TOKEN_VARIABLE}.",
    )
    add = parser.add_argument
    fleet = f"number of devices, up to {MAX_DEVICES} (default 24)"
    add("--devices", type=_between(int, 1, MAX_DEVICES), default=24, metavar="N", help=fleet)
    rate = "messages per second of each device (default 1)"
    add("--rate", type=_between(float, 0.001, MAX_RATE), default=1.0, metavar="R", help=rate)
    add("--seed", type=int, default=1, help="same seed, same fleet and physics (default 1)")
    length = "seconds to run (default: until SIGTERM or SIGINT)"
    add("--duration", type=_between(float, 0.0, 1e9), metavar="S", help=length)
    url = environ.get("PULSEBOARD_SIM_MQTT_URL") or environ.get("MQTT_URL") or DEFAULT_MQTT
    add("--mqtt", default=url, metavar="URL", help="mqtt[s]://[user:pass@]host:port ($MQTT_URL)")
    add("--protocol", choices=sorted(PROTOCOLS), default="5", help="of MQTT (default 5)")
    add("--sites", type=_words, metavar="NAME,…", help="site names (default: four of its own)")
    kinds = f"faults, comma-separated: {', '.join(faults.NAMES)}, or all"
    some = _some_of(faults.NAMES)
    add("--faults", type=some, default=(), metavar="NAME,…", help=kinds)
    often = "how many times as often as usual faults happen (default 1)"
    add("--fault-factor", type=_between(float, 0.0, 100.0), default=1.0, metavar="F", help=often)
    wrong = f"what goes wrong, comma-separated: {', '.join(incidents.NAMES)}, all, or off (default)"
    some = _some_of(incidents.NAMES)
    add("--incidents", type=some, default=(), metavar="NAME,…", help=wrong)
    often = "how many times as often as usual incidents happen (default 1)"
    add("--incident-factor", type=_between(float, 0.0, 100.0), default=1.0, metavar="F", help=often)
    past = "minutes of history each device sends first (default 0)"
    add(
        "--backfill", type=_between(float, 0.0, MAX_BACKFILL), default=0.0, metavar="MIN", help=past
    )
    mark = "note there when history ends, so that a restart repeats it instead of adding to it"
    add("--backfill-mark", type=Path, metavar="FILE", help=mark)
    add("--uid-prefix", type=_prefix, default="", metavar="TEXT", help="put before every uid")
    spoken = f"dialects in turn, comma-separated: {', '.join(DIALECTS)}, {OWN}, or all"
    add("--speak", type=_dialects, default=(), metavar="NAME,…", help=spoken)
    besides = f"dialects of that many devices besides: {', '.join(DIALECTS)}, or off (default)"
    some = _some_of(tuple(DIALECTS))
    add("--guests", type=some, default=(), metavar="NAME,…", help=besides)
    add("--register", metavar="URL", help="register the fleet with this server first")
    only = "register, then exit without sending anything"
    add("--register-only", action="store_true", help=only)
    add("--describe", action="store_true", help="print the fleet as JSON and exit")
    add("--report", type=Path, metavar="FILE", help="write the closing report there as JSON")
    add("--ledger", type=Path, metavar="FILE", help="append a JSON line per acknowledged sample")
    return parser


def _between(kind: type[int] | type[float], low: float, high: float):  # type: ignore[no-untyped-def]
    def convert(text: str) -> float:
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"must be from {low:g} to {high:g}")
        return value

    convert.__name__ = "number"
    return convert


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _dialects(text: str) -> tuple[str, ...]:
    words = _words(text)
    if words == ("all",):
        return (*DIALECTS, OWN)
    for word in words:
        if word not in DIALECTS and word != OWN:
            raise argparse.ArgumentTypeError(
                f"{word!r} is none of {', '.join(DIALECTS)}, {OWN}, all"
            )
    return words


def _some_of(names: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Reads a list of `names`, where `all` is every one and `off` is none."""

    def convert(text: str) -> tuple[str, ...]:
        words = _words(text)
        if words in (("all",), ("off",)):
            return tuple(names) if words == ("all",) else ()
        for word in words:
            if word not in names:
                raise argparse.ArgumentTypeError(
                    f"{word!r} is none of {', '.join(names)}, all, off"
                )
        return words

    return convert


def _prefix(text: str) -> str:
    if len(text) > MAX_PREFIX or not all(c.isascii() and (c.isalnum() or c in "_-") for c in text):
        raise argparse.ArgumentTypeError(f"at most {MAX_PREFIX} letters, digits, '_' or '-'")
    return text
