"""`python -m supply.licences`: write docs/licences.md, the licence of each package we pin."""

from __future__ import annotations

import sys

from supply.components import DEVELOPS, ROOT, RUNS, Component, pinned

PAGE = ROOT / "docs/licences.md"
HEAD = """# Licences

What Pulseboard is pinned to, under which licence each stands, as the package itself says.
`python -m supply.licences` writes this page; a test compares it with the pins. What the Python
packages bring along is in the bill of materials (`python -m supply.sbom`).
"""
PARTS = [
    (f"It runs on these (`{RUNS}`)", lambda each: each.of == RUNS),
    ("It serves these to browsers", lambda each: each.ecosystem == "vendored"),
    (f"It is tested with these (`{DEVELOPS}`)", lambda each: each.of == DEVELOPS),
    (
        "Its JavaScript is checked, and TimescaleDB tried, with these",
        lambda each: each.ecosystem == "npm",
    ),
]


def page() -> str:
    listed = pinned()
    tables = [_table(title, [each for each in listed if of(each)]) for title, of in PARTS]
    return "\n".join([HEAD, *tables])


def _table(title: str, components: list[Component]) -> str:
    head = [f"## {title}", "", "| package | version | licence |", "|---|---|---|"]
    rows = [f"| {each.name} | {each.version} | {each.licence} |" for each in components]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")
