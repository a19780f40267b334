"""docker-compose.yml as Compose would see it, read for the tests."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:[?-])([^}]*))?\}")

sys.path.insert(0, str(ROOT / "deploy"))
import make_env  # noqa: E402  (a script, not part of a package)

FILE = ROOT / "docker-compose.yml"
OURS = (
    "broker-accounts", "broker-restore", "migrate", "web", "bridge", "maintain", "engine",
    "register", "sim",
)  # fmt: skip


def variables(text: str) -> dict[str, str | None]:
    """Each variable of the file: its default, or None where it must be given."""
    found: dict[str, str | None] = {}
    for name, kind, rest in VARIABLE.findall(text):
        found[name] = rest if kind == ":-" else None
    return found


def generated() -> dict[str, str]:
    """What deploy/make_env.py writes."""
    lines = [line for line in make_env.text().splitlines() if line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines)


def resolved(environment: dict[str, str]) -> dict[str, Any]:
    """The file with its variables replaced, and `$$` left for the shell of the container."""

    def value(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        given = environment.get(name, "")
        if kind == ":?" and not given:
            raise LookupError(f"{name}: {rest}")
        return given or (rest or "" if kind == ":-" else "")

    def replaced(node: Any) -> Any:
        # After parsing, as Compose does: a value of `no` stays a word.
        if isinstance(node, dict):
            return {key: replaced(each) for key, each in node.items()}
        if isinstance(node, list):
            return [replaced(each) for each in node]
        return VARIABLE.sub(value, node).replace("$$", "$") if isinstance(node, str) else node

    return replaced(yaml.safe_load(FILE.read_text()))


def words(service: dict[str, Any]) -> list[str]:
    """The command; of a shell line, what the shell runs in the end."""
    command = service["command"]
    return command[2].split("exec ", 1)[1].split() if command[:2] == ["sh", "-c"] else command
