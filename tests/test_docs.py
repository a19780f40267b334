"""What the documents name exists: paths, commands, make targets, pages, settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from bridge.http.routing import http_urlpatterns

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([*ROOT.glob("[A-Z]*.md"), *ROOT.glob("docs/**/*.md")])
DOCS += [ROOT / "benchmarks" / "README.md"]
NAMES = [str(path.relative_to(ROOT)) for path in DOCS]
OWN_COMMANDS = {"up", "prove"}  # carried out by manage.py itself, before Django
PACKAGES = "access|config|devices|telemetry|bridge|dashboard|embedded|firmware_sim"
FOLDERS = f"{PACKAGES}|benchmarks|docs|tests|deploy"
# Made while running, or spoken of as a pattern.
UNTRACKED = re.compile(r"\.\.\.|…|[*<>{}]")


@pytest.fixture(params=DOCS, ids=NAMES)
def document(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text())
    inside = [link for link in links if "://" not in link]
    assert not [link for link in inside if not (document.parent / link).exists()]


def test_every_path_in_code_exists(document: Path) -> None:
    quoted = re.findall(r"`([^`\n]+)`", document.read_text())
    paths = [
        word.rstrip("/.,:;")
        for text in quoted
        for word in text.split()
        if re.match(rf"({FOLDERS})/\S+$", word) and not UNTRACKED.search(word)
    ]
    missing = [
        path for path in paths if not (ROOT / path).exists() and not list(ROOT.glob(f"{path}.py"))
    ]
    assert not missing


def test_every_management_command_exists(document: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", document.read_text()))
    assert not named - set(get_commands()) - OWN_COMMANDS


def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^|\s{4})make ([a-z-]+)", document.read_text(), re.MULTILINE))
    assert not named - targets


def test_every_rest_address_resolves(document: Path) -> None:
    named = re.findall(r"(?:GET|POST|PATCH|DELETE) (/api/v1/[^\s`?]*)", document.read_text())
    unknown = []
    for address in named:
        path = re.sub(r"\{[^}]*\}", "1", address)
        if any(each.resolve(path.removeprefix("/")) for each in http_urlpatterns):
            continue
        try:
            resolve(path)
        except Resolver404:
            unknown.append(address)
    assert not unknown


def test_every_decision_is_numbered_once() -> None:
    paths = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in paths] == [f"{n:04d}" for n in range(1, len(paths) + 1)]
    assert not [
        path.name for path in paths if not path.read_text().startswith(f"# {path.name[:4]} ")
    ]


def test_every_folder_of_code_is_in_the_layout() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    layout = text.partition("\n## Layout")[2].partition("\n## ")[0]
    folders = [path.parent for name in PACKAGES.split("|") for path in ROOT.glob(f"{name}/*/*.py")]
    folders += [path.parent for path in (ROOT / "dashboard/static/dashboard/js").glob("*/*.js")]
    machinery = {"management", "migrations", "tests", "conventions", "models"}
    names = {path.name for path in folders} - machinery
    assert {"intake", "storage", "prove", "presence"} <= names
    assert not [name for name in sorted(names) if not re.search(rf"[`/]{name}/`", layout)]


def test_nothing_is_in_the_changelog_twice() -> None:
    entries = re.findall(r"^- (.{40})", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert not [entry for entry in entries if entries.count(entry) > 1]  # as after a merge
