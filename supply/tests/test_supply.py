"""What we are made of is known, stands under a licence we know, and no known fault is in it."""

from __future__ import annotations

import json
import re
from datetime import date

from supply import audit, licences, sbom
from supply.components import DEVELOPS, ROOT, RUNS, Component, pinned, pins, with_what_they_bring


def component(version: str, name: str = "Django") -> Component:
    return Component("pypi", name, version, "BSD", RUNS)


def test_every_line_of_the_requirements_is_a_pin() -> None:
    for file in (RUNS, DEVELOPS):
        lines = (ROOT / file).read_text().splitlines()
        wanted = [line for line in lines if line and line[0] not in "#-"]
        assert len(list(pins(file))) == len(wanted)


def test_the_page_of_licences_is_of_these_pins_and_each_says_its_own() -> None:
    assert licences.PAGE.read_text() == licences.page(), "python -m supply.licences"
    assert [each.name for each in pinned() if each.licence == "not said"] == []


def test_no_pin_and_nothing_it_brings_is_named_by_the_list_of_faults() -> None:
    listed = json.loads(audit.LIST.read_text())
    assert date.fromisoformat(listed["date"])
    assert re.fullmatch("[0-9a-f]{40}", listed["commit"])
    assert len(listed["advisories"]) > 100
    assert audit.found(with_what_they_bring(), listed) == []


def test_a_version_with_a_fault_is_found() -> None:
    """Otherwise the test above would also hold for a list that is never asked rightly."""
    listed = {
        "advisories": [
            {
                "id": "X-1", "package": "django", "aliases": ["CVE-1"], "summary": "s",
                "ranges": [["4.2", "4.2.9"], ["5.0", None]],
            }
        ]
    }  # fmt: skip
    faults = {
        version: bool(audit.found([component(version)], listed))
        for version in ("4.1.9", "4.2", "4.2.8", "4.2.9", "4.2.10", "5.0", "5.2.19")
    }
    assert [version for version, is_one in faults.items() if is_one] == [
        "4.2", "4.2.8", "5.0", "5.2.19",
    ]  # fmt: skip
    assert audit.found([component("5.0", name="django-filter")], listed) == []
    stored = json.loads(audit.LIST.read_text())
    assert audit.found([component("2.0")], stored), "a version of years ago"


def test_the_bill_names_each_component_once_with_its_licence() -> None:
    made = sbom.bill()
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    refs = [each["bom-ref"] for each in made["components"]]
    assert len(refs) == len(set(refs)) > 80
    named = {(each["name"], each["version"]) for each in made["components"]}
    assert {(each.name, each.version) for each in pinned()} <= named
    assert {"twisted", "autobahn"} <= {each["name"] for each in made["components"]}
    for each in made["components"]:
        assert re.fullmatch(r"pkg:(pypi|npm)/[\w.%/-]+@[\w.+-]+", each["purl"])
        assert each["licenses"]
