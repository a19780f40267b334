"""What `manage.py prove` can be told."""

from __future__ import annotations

import argparse
import secrets
from dataclasses import dataclass

from embedded.prove.faults import CATALOGUE, UNASKED

MAX_RATE = 100_000  # messages a second; a publisher in Python does not reach it
MAX_DEVICES = 10_000
MAX_BRIDGES = 16
MAX_WEBS = 8


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `manage.py prove`, read."""

    faults: int
    seed: int
    rate: float
    devices: int
    bridges: int
    webs: int
    names: tuple[str, ...]
    running: bool
    keep: bool
    json: bool


def read(words: list[str]) -> Options:
    """Read the words after `manage.py prove`; exits with a message for wrong ones."""
    parser = argparse.ArgumentParser(
        prog="manage.py prove",
        description="Publish a numbered ledger, cause faults, and compare: exit status 1 if one"
        " acknowledged message is missing or doubled.",
        epilog=f"Faults: {', '.join(CATALOGUE)}. Not without --include: {', '.join(UNASKED)}.",
        allow_abbrev=False,
    )
    parser.add_argument("--faults", type=int, default=30, help="how many (default: 30)")
    parser.add_argument("--seed", type=int, help="of the faults' order and moments; else random")
    parser.add_argument("--rate", type=float, default=500.0, help="messages a second (500)")
    parser.add_argument("--devices", type=int, default=20, help="devices that send (20)")
    parser.add_argument("--bridges", type=int, default=1, help="bridges that share a group (1)")
    parser.add_argument("--webs", type=int, default=0, help="web processes posted to (0)")
    parser.add_argument("--only", type=_names, help="only these faults, separated by commas")
    parser.add_argument("--include", type=_names, default=(), help="these faults as well")
    parser.add_argument(
        "--running", action="store_true", help="prove the stack `manage.py up` runs, not a new one"
    )
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    known = parser.parse_args(words)
    if known.faults < 0 or not 0 < known.rate <= MAX_RATE or not 0 < known.devices <= MAX_DEVICES:
        parser.error(
            f"--faults is 0 or more, --rate above 0 up to {MAX_RATE}, --devices 1 to {MAX_DEVICES}"
        )
    if not 0 < known.bridges <= MAX_BRIDGES or (known.running and known.bridges > 1):
        parser.error(f"--bridges is 1 to {MAX_BRIDGES}, and not for --running")
    if not 0 <= known.webs <= MAX_WEBS or (known.running and known.webs):
        parser.error(f"--webs is 0 to {MAX_WEBS}, and not for --running")
    usual = tuple(name for name in CATALOGUE if name not in UNASKED)
    return Options(
        faults=known.faults,
        seed=known.seed if known.seed is not None else secrets.randbelow(2**31),
        rate=known.rate,
        devices=known.devices,
        bridges=known.bridges,
        webs=known.webs,
        names=tuple(dict.fromkeys((*(known.only or usual), *known.include))),
        running=known.running,
        keep=known.keep,
        json=known.json,
    )


def _names(words: str) -> tuple[str, ...]:
    names = tuple(words.split(","))
    unknown = [name for name in names if name not in CATALOGUE]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such fault: {', '.join(unknown)}")
    return names
