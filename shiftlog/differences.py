"""What differs between two forms of a thing, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telemetry.series.said import Said, marked, say

MAX_SAID = 80  # characters of two values that are said in the text; of longer ones only the field

ACTS = {
    "created": marked("{thing} was created"),
    "changed": marked("{thing} was changed"),
    "deleted": marked("{thing} was deleted"),
}
# Of what people change most; others are called by their names in the API.
FIELDS = (
    marked("name"), marked("site"), marked("kind"), marked("tags"), marked("notes"),
    marked("location"), marked("enabled"), marked("expected interval"), marked("metadata"),
    marked("thresholds"), marked("unit"), marked("label"), marked("precision"),
    marked("latitude"), marked("longitude"), marked("contact"), marked("phone"), marked("zone"),
    marked("condition"), marked("severity"), marked("text"), marked("subject"), marked("formula"),
    marked("definition"), marked("reason"), marked("starts"), marked("ends"), marked("device"),
    marked("rule"), marked("order"), marked("created"), marked("changed"), marked("slug"),
    marked("steps"), marked("members"), marked("mqtt filters"), marked("recurrence"),
)  # fmt: skip
Changed = dict[str, list[Any]]  # from what to what, by field


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changed:
    """Of two forms."""
    names = sorted({*before, *after})
    pairs = {name: [before.get(name), after.get(name)] for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def with_changes(what: str, fields: Mapping[str, Any], **values: Any) -> Said:
    """`what` of these values, and `: name a → b, notes` where there are fields."""
    said = tuple(_field(name, value) for name, value in sorted(fields.items()))
    sentence = Said(what, values)
    if said:
        return say("{what}: {changes}.", what=sentence, changes=said)
    return say("{what}.", what=sentence)


def _field(name: str, value: Any) -> Said:
    word = Said(name.replace("_", " "), {})
    if isinstance(value, list) and len(value) == 2 and not any(map(_is_deep, value)):
        before, after = map(_short, value)
        if len(before) + len(after) <= MAX_SAID:
            return say("{field} {before} → {after}", field=word, before=before, after=after)
    return word


def _is_deep(value: Any) -> bool:
    inner = value if isinstance(value, list) else [value]
    return any(isinstance(each, dict | list) for each in inner)


def _short(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
