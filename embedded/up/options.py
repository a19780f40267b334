"""What `manage.py up` can be told."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from embedded.up.data_folder import default_path

BROKERS = ("auto", "mosquitto", "iotcore")
BACKFILL = ("--backfill", "15")  # minutes of history, so that the first chart is full
# Of a fleet that nobody chose: one that is adopted by itself, and one that waits in the inbox.
GUESTS = ("--guests", "tasmota,zigbee2mqtt")
ADOPTED = "tele/guest-tasmota/#"  # the topics of the first
INCIDENTS = ("--incidents", "all")  # so that there is something to be alerted of

EPILOG = """\
Every option not listed here goes to the simulator: `manage.py up --devices 500 --rate 2`
(`python -m firmware_sim --help` lists them). DATABASE_URL, REDIS_URL and MQTT_URL, when set,
name servers to use instead of starting one.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `manage.py up`, read."""

    data: Path
    host: str = "127.0.0.1"
    mqtt_host: str = "127.0.0.1"
    port: int | None = None
    broker: str = "auto"
    simulator: bool = True
    simulator_words: tuple[str, ...] = (*BACKFILL, *INCIDENTS, *GUESTS)


def read(words: list[str]) -> Options:
    """Read the words after `manage.py up`; exits with a message for wrong ones."""
    parser = argparse.ArgumentParser(
        prog="manage.py up",
        description="Start everything on this machine and keep it running until Ctrl-C.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=default_path(),
        help="where everything is kept (default: PULSEBOARD_DATA, else ./var)",
    )
    parser.add_argument(
        "--host",
        type=_host,
        default="127.0.0.1",
        help="address or name the web pages listen on; 0.0.0.0 for every address",
    )
    parser.add_argument(
        "--port", type=_port, help="port of the web pages (default: 8000, else a free one)"
    )
    parser.add_argument(
        "--mqtt-host",
        metavar="ADDRESS",
        type=_host,
        default="127.0.0.1",
        help="address the MQTT broker listens on; 0.0.0.0 for devices on other machines",
    )
    parser.add_argument("--broker", choices=BROKERS, default="auto", help="which MQTT broker")
    parser.add_argument("--no-sim", action="store_true", help="start no simulated devices")
    known, rest = parser.parse_known_args(words)
    if known.no_sim and rest:
        parser.error(f"unknown with --no-sim: {' '.join(rest)}")
    own = {word.split("=", 1)[0] for word in rest}
    usual = [word for one in (BACKFILL, INCIDENTS) if one[0] not in own for word in one]
    if not own & {GUESTS[0], "--devices", "--speak"}:
        usual += GUESTS
    return Options(
        data=Path(os.path.abspath(known.data)),
        host=known.host,
        mqtt_host=known.mqtt_host,
        port=known.port,
        broker=known.broker,
        simulator=not known.no_sim,
        simulator_words=(*usual, *rest),
    )


def _host(word: str) -> str:
    host = word.strip().removeprefix("[").removesuffix("]")
    if host:
        return host
    raise argparse.ArgumentTypeError("is empty; write an address or a name of this machine")


def _port(word: str) -> int:
    if word.isdecimal() and 1 <= int(word) <= 65_535:
        return int(word)
    raise argparse.ArgumentTypeError(f"{word!r} is no port; write a number from 1 to 65535")
