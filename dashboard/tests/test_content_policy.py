"""Nothing that is written into a page runs, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from dashboard.pages.errors import database_away

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
SCRIPTS = Path(__file__).resolve().parents[1] / "static" / "dashboard" / "js"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login/", "/", "/nothing/", "/admin/login/", "/api/v1/fleet/"])
def test_every_answer_says_what_a_browser_may_load(client: Client, path: str):
    assert_strict(client.get(path)["Content-Security-Policy"])


def test_so_does_the_page_of_an_outage():
    assert_strict(database_away("/", "GET")["Content-Security-Policy"])


def assert_strict(policy: str) -> None:
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "http" not in policy


def test_no_template_writes_script_or_style_into_a_page():
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
    )
    found = [
        f"{path.name}: {match[0]}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for match in inline.finditer(path.read_text())
    ]
    assert found == []


def test_no_module_makes_markup_or_code_of_a_text():
    making = re.compile(
        r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
        r'|setAttribute\(\s*"style"|\bstyle: [`"]|attrs: \{[^}]*\bstyle:'
    )
    found = [
        f"{path.relative_to(SCRIPTS)}: {match[0]}"
        for path in sorted(SCRIPTS.rglob("*.js"))
        for match in making.finditer(path.read_text())
    ]
    assert found == []
