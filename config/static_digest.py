"""What the static files are, in 12 digits. Imported by the settings, so it needs none of Django."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("Django",)  # bring static files, named by their versions


def static_digest(folder: Path) -> str:
    """12 hexadecimal digits that are others when a file of `folder` or of a package is."""
    found = hashlib.sha256()
    for package in PACKAGES:
        found.update(f"{package} {version(package)}\n".encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        found.update(f"{path.relative_to(folder)} {len(content)}\n".encode() + content)
    return found.hexdigest()[:12]
