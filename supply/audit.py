"""`python -m supply.audit`: whether a list of known faults names what we are made of.

The list is committed, so that it is asked offline, at every `make test`. It is as old as it says:
`python -m supply.audit --renew CHECKOUT` makes it anew from a checkout of pypa/advisory-database.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from supply.components import Component, with_what_they_bring

LIST = Path(__file__).with_name("advisories.json")
# Those that name a version of ours and do not concern us, with why.
ACCEPTED: dict[str, str] = {}


def affected(component: Component, advisory: dict[str, Any]) -> bool:
    """Whether this version is within one of the advisory's ranges."""
    if canonicalize_name(component.name) != advisory["package"]:
        return False
    version = Version(component.version)
    return any(
        Version(start) <= version and (stop is None or version < Version(stop))
        for start, stop in advisory["ranges"]
    )


def found(components: list[Component], listed: dict[str, Any]) -> list[str]:
    """A sentence for each component that an advisory names."""
    return [
        f"{each.name} {each.version}: {advisory['id']} ({', '.join(advisory['aliases'])}),"
        f" {advisory['summary']}"
        for each in components
        for advisory in listed["advisories"]
        if each.ecosystem == "pypi" and advisory["id"] not in ACCEPTED and affected(each, advisory)
    ]


def renewed(checkout: Path, names: set[str]) -> dict[str, Any]:
    """The list, of these packages alone."""
    advisories = []
    for name in sorted(names):
        for file in sorted((checkout / "vulns" / name).glob("*.yaml")):
            told = yaml.safe_load(file.read_text())
            if told.get("withdrawn"):
                continue
            ranges = [span for each in told["affected"] for span in _spans(each)]
            advisories.append(
                {
                    "id": told["id"],
                    "package": name,
                    "aliases": sorted(told.get("aliases", [])),
                    "summary": " ".join(str(told.get("details", "")).split())[:120],
                    "ranges": ranges,
                }
            )
    words = ["git", "-C", str(checkout), "log", "-1", "--format=%H %cs"]
    commit, day = subprocess.run(  # noqa: S603
        words, check=True, capture_output=True, text=True
    ).stdout.split()
    about = {"source": "pypa/advisory-database", "commit": commit, "date": day}
    return {**about, "advisories": advisories}


def _spans(told: dict[str, Any]) -> list[list[str | None]]:
    """[first version, first one that is whole again or None] of its ranges of versions."""
    spans: list[list[str | None]] = []
    for each in told.get("ranges", []):
        if each["type"] != "ECOSYSTEM":
            continue
        for event in each["events"]:
            if "introduced" in event:
                spans.append([_readable(event["introduced"]), None])
            elif spans and ("fixed" in event or "last_affected" in event):
                spans[-1][1] = _readable(event.get("fixed") or f"{event['last_affected']}.post9999")
    return spans


def _readable(version: str) -> str:
    try:
        Version(version)
    except InvalidVersion:
        return "0"
    return version


def _lines(listed: dict[str, Any]) -> str:
    """JSON with a line for each advisory, so that a change of it can be read."""
    rows = ",\n".join(json.dumps(each) for each in listed.pop("advisories"))
    return f'{json.dumps(listed)[:-1]}, "advisories": [\n{rows}\n]}}\n'


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m supply.audit", description=__doc__)
    parser.add_argument("--renew", metavar="CHECKOUT", type=Path, help="make the list anew")
    chosen = parser.parse_args(words)
    components = with_what_they_bring()
    if chosen.renew is not None:
        names: set[str] = {
            canonicalize_name(each.name) for each in components if each.ecosystem == "pypi"
        }
        LIST.write_text(_lines(renewed(chosen.renew, names)))
    listed = json.loads(LIST.read_text())
    said = found(components, listed)
    for each in said:
        sys.stdout.write(f"{each}\n")
    sys.stdout.write(
        f"{len(components)} components, {len(said)} named by the list of {listed['date']}"
        f" ({len(listed['advisories'])} advisories)\n"
    )
    return 1 if said else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
