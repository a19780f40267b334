"""Which Node.js runs what tests ask of JavaScript: the machine's, otherwise Playwright's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import playwright


def node() -> str:
    """Its path."""
    return shutil.which("node") or of_playwright()


def of_playwright() -> str:
    """Its own, for what needs a new one."""
    return str(Path(playwright.__file__).parent / "driver" / "node")
