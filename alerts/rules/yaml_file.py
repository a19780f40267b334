"""YAML as people write it: bounded, without what surprises, every mistake with its line."""

from __future__ import annotations

import re
from typing import Any

import yaml

from alerts.errors import AlertsError

MAX_FILE = 1_000_000  # characters
MAX_DEPTH = 40  # levels; a rule has five


class InvalidFile(AlertsError):
    """It cannot be read; the message says where."""


class _Loader(yaml.SafeLoader):
    """The core schema of YAML 1.2: `on` is a word and 12:30 no count of minutes. A key given twice
    is a mistake, and so are aliases, by which ten lines become gigabytes."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _mistake("Aliases are not read", self.peek_event())
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _mistake("It is nested too deep", self.peek_event())
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _value in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str):
                raise _mistake("A key is text", key)
            if name in seen:
                raise _mistake(f"{name!r} is given twice", key)
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    """Quotes what any YAML would read as something else than text."""


_PLAIN = {
    "null": (r"~|null|Null|NULL|", [*"~nN", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    "int": (r"[-+]?[0-9]+", [*"-+0123456789"]),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", [*"-+.0123456789"],
    ),
}  # fmt: skip
_Loader.yaml_implicit_resolvers = {}
for _name, (_pattern, _first) in _PLAIN.items():
    for _kind in (_Loader, _Dumper):
        _kind.add_implicit_resolver(
            f"tag:yaml.org,2002:{_name}", re.compile(rf"(?:{_pattern})\Z"), _first
        )
# Nothing else may be named by a tag: no dates, no sets, no bytes.
_TAGS = {f"tag:yaml.org,2002:{name}" for name in (*_PLAIN, "str", "seq", "map")}
_Loader.yaml_constructors = {
    tag: made for tag, made in yaml.SafeLoader.yaml_constructors.items() if tag in {*_TAGS, None}
}
# 010 is ten: to SafeLoader it is eight.
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _loader, node: int(node.value))


def _mistake(text: str, at: Any) -> InvalidFile:
    return InvalidFile(f"{text} (line {at.start_mark.line + 1}).")


def read(text: str) -> Any:
    """What it says, as JSON would. Raises `InvalidFile`."""
    if len(text) > MAX_FILE:
        raise InvalidFile(f"A file has at most {MAX_FILE} characters.")
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (it is a SafeLoader)
    except yaml.MarkedYAMLError as exc:
        where = f" (line {exc.problem_mark.line + 1})" if exc.problem_mark else ""
        raise InvalidFile(f"This is no YAML: {exc.problem}{where}.") from exc
    except (yaml.YAMLError, ValueError) as exc:
        raise InvalidFile(f"This is no YAML: {exc}.") from exc


def write(document: Any) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
