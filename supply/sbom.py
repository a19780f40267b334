"""`python -m supply.sbom`: the bill of materials as CycloneDX 1.6 JSON, on the standard output."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from supply.components import RUNS, Component, with_what_they_bring

EXPRESSION = re.compile(r"[A-Za-z0-9.+()-]+( (AND|OR|WITH) [A-Za-z0-9.+()-]+)*\Z")


def bill() -> dict[str, Any]:
    """Without a time or a serial number: the same pins give the same bill."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": "pulseboard", "bom-ref": "pulseboard"}
        },
        "components": [_written(each) for each in with_what_they_bring()],
    }


def _written(component: Component) -> dict[str, Any]:
    is_one = EXPRESSION.match(component.licence) and component.licence != "BSD"
    licence: dict[str, Any] = (
        {"expression": component.licence} if is_one else {"license": {"name": component.licence}}
    )
    runs = component.of in (RUNS, "") or component.ecosystem == "vendored"
    return {
        "type": "library",
        "bom-ref": f"{component.purl}#{component.of}",
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
        "scope": "required" if runs else "excluded",
        "licenses": [licence],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill(), indent=1) + "\n")
