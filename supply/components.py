"""The components: what is pinned, and what the pinned Python packages bring along."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
RUNS, DEVELOPS = "requirements.txt", "requirements-dev.txt"
LOCKS = ("package-lock.json", "telemetry/tests/pglite/package-lock.json")
VENDORED = ROOT / "dashboard/static/dashboard/vendor/VENDORED.md"

_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[([a-z,]+)\])?==(\S+)")
# Of packages that name none in one of the usual places, or a whole text: as their own file has it.
UNSAID = {
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "supervisor": "BSD-derived (Repoze)",
    "polars": "MIT",
    "pytest-django": "BSD-3-Clause",
    "micropython-senml": "MIT",
}
_WORDS = {
    "BSD License": "BSD", "MIT License": "MIT", "Apache Software License": "Apache-2.0",
}  # fmt: skip


class Component(NamedTuple):
    """One package in one version."""

    ecosystem: str  # pypi, npm, or vendored: a file that we serve ourselves
    name: str
    version: str
    licence: str
    of: str  # the file that pins it; "": another one brings it along

    @property
    def purl(self) -> str:
        """Its address among packages, as bills of materials write it."""
        kind = "npm" if self.ecosystem == "vendored" else self.ecosystem
        return f"pkg:{kind}/{self.name.replace('@', '%40')}@{self.version}"


def pins(file: str) -> Iterator[tuple[str, list[str], str]]:
    """Name, extras and version of each package that a file of requirements pins."""
    for line in (ROOT / file).read_text().splitlines():
        if found := _PIN.match(line):
            name, extras, version = found.groups()
            yield name, (extras or "").split(",") if extras else [], version


def pinned() -> list[Component]:
    """What we have chosen ourselves."""
    python = [
        Component("pypi", name, version, licence_of(name), file)
        for file in (RUNS, DEVELOPS)
        for name, _, version in pins(file)
    ]
    return [*python, *(each for file in LOCKS for each in _npm(file)), *_vendored()]


def with_what_they_bring() -> list[Component]:
    """The same, and every Python package that those in RUNS need on this machine."""
    chosen = pinned()
    named = {canonicalize_name(each.name) for each in chosen if each.ecosystem == "pypi"}
    waiting = [(name, tuple(extras)) for name, extras, _ in pins(RUNS)]
    seen: set[str] = set()
    brought = []
    while waiting:
        name, extras = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for wanted in metadata.requires(name) or []:
            need = Requirement(wanted)
            known = canonicalize_name(need.name)
            applies = need.marker is None or any(
                need.marker.evaluate({"extra": extra}) for extra in (*extras, "")
            )
            if not applies:
                continue
            if known not in named:
                named.add(known)
                version = metadata.version(known)
                brought.append(Component("pypi", known, version, licence_of(known), ""))
            waiting.append((known, tuple(need.extras)))
    return [*chosen, *sorted(brought)]


def licence_of(name: str) -> str:
    """As the package says it, in a word or an expression."""
    if (known := canonicalize_name(name)) in UNSAID:
        return UNSAID[known]
    said: Any = metadata.metadata(name)
    if expression := said.get("License-Expression"):
        return str(expression)
    short = str(said.get("License") or "")
    if short and len(short) < 40 and "\n" not in short:
        return short
    kinds = [str(each).rsplit(" :: ", 1)[-1] for each in said.get_all("Classifier") or []
             if str(each).startswith("License :: OSI Approved :: ")]  # fmt: skip
    return " AND ".join(_WORDS.get(kind, kind) for kind in kinds) or "not said"


def _npm(file: str) -> Iterator[Component]:
    """Of the lock file, without what is for other machines than any of ours."""
    listed = json.loads((ROOT / file).read_text())["packages"]
    for path, facts in listed.items():
        if path and not facts.get("optional"):
            name = facts.get("name") or path.rpartition("node_modules/")[2]
            yield Component("npm", name, facts["version"], facts.get("license", "not said"), file)


def _vendored() -> Iterator[Component]:
    """Of the table beside the files: file, package, version, path, licence, sum."""
    for line in VENDORED.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[2][:1].isdigit():
            licence = cells[4].partition(",")[0]
            file = str(VENDORED.relative_to(ROOT))
            yield Component("vendored", cells[1], cells[2], licence, file)
