"""Every vendored file is the one its row names, and every file has a row."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parent.parent / "static" / "dashboard" / "vendor"


def rows() -> list[list[str]]:
    lines = (VENDOR / "VENDORED.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [row for row in cells if len(row) == 6 and row[0] not in {"file", "---"}]


def test_there_is_a_row_for_every_file():
    files = {path.name for path in VENDOR.iterdir() if path.suffix not in {".md", ".txt"}}
    assert files == {row[0] for row in rows()}
    assert len(files) == 2


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_the_file_has_its_sum_version_and_licence(row: list[str]):
    name, _package, version, _path, licence, digest = row
    assert version in name
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
    assert (VENDOR / licence.split(", ")[1]).stat().st_size > 500
