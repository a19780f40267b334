"""Rules of a file of Prometheus' as rules of ours, where one says the same; of every other thing,
why not. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from alerts.models.rule import MAX_NAME, MAX_TEXT
from alerts.rules.promql import Comparison, Matcher, NotTranslated, comparison, seconds
from alerts.rules.promql_formula import Formula, formula

MAX_EXPRESSION = 2_000  # characters
SEVERITIES = {"critical": "critical", "page": "critical", "warning": "warning", "info": "info"}
# Labels that say here which device is meant.
FIELDS = {
    "device": "uid_pattern",
    "uid": "uid_pattern",
    "site": "site",
    "kind": "kind",
    "tag": "tag",
}
TEXTS = ("summary", "description", "message")  # annotations, the first there is becomes the text
OF_A_RULE = {"alert", "expr", "for", "labels", "annotations"}
OF_A_GROUP = {"name", "rules"}
_TEMPLATE = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_LABEL_OF = re.compile(r"\$labels\.(device|uid|site)\Z")
_STARS = re.compile(r"[\w:-]*(?:\.\*[\w:-]*)*\Z", re.ASCII)


@dataclass
class Translation:
    """What became of a file. `refused` and `notes` are (name of a rule, what is said of it)."""

    rules: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def is_prometheus(document: Any) -> bool:
    return isinstance(document, dict) and "groups" in document


def translated(document: dict[str, Any]) -> Translation:
    """Raises nothing: whatever is wrong is refused with its reason."""
    done = Translation()
    names: Counter[str] = Counter()
    for key in sorted(set(document) - {"groups"}):
        done.notes.append(("", f"{key} of the file is left out."))
    for at, group in enumerate(_listed(document["groups"])):
        if not isinstance(group, dict):
            done.refused.append((f"group {at + 1}", "It is no group of rules."))
            continue
        name = str(group.get("name", f"group {at + 1}"))
        for key in sorted(set(group) - OF_A_GROUP):
            why = "every reading is judged as it is stored" if key == "interval" else "left out"
            done.notes.append((name, f"{key} of the group: {why}."))
        for rule in _listed(group.get("rules")):
            _take(done, rule, names)
    return done


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _take(done: Translation, rule: Any, names: Counter[str]) -> None:
    if not isinstance(rule, dict):
        done.refused.append(("?", "It is no rule."))
        return
    name = str(rule.get("alert") or rule.get("record") or "?")[:MAX_NAME]
    try:
        facts, notes = _rule(rule)
    except NotTranslated as exc:
        done.refused.append((name, str(exc)))
        return
    # Two alerts of one name are usual there, as one for each severity.
    names[name] += 1
    if names[name] > 1:
        name = f"{name[: MAX_NAME - 4]} {names[name]}"
    done.rules.append({"name": name, **facts})
    done.notes += [(name, each) for each in notes]


def _rule(rule: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    if "record" in rule:
        raise NotTranslated("It records a series: make a derived series of it.")
    if not isinstance(rule.get("alert"), str) or not isinstance(rule.get("expr"), str):
        raise NotTranslated("It has no name or no expression.")
    unknown = sorted(set(rule) - OF_A_RULE)
    if unknown:
        raise NotTranslated(f"{unknown[0]} has no counterpart here.")
    if len(rule["expr"]) > MAX_EXPRESSION:
        raise NotTranslated("Its expression is too long.")
    found = _read(rule["expr"])
    notes: list[str] = list(found.notes) if isinstance(found, Formula) else []
    condition = dict(found.condition)
    if rule.get("for") not in (None, 0):
        length = seconds(str(rule["for"]))
        # What is silent is so for a while already.
        name = "seconds" if "seconds" in condition else "for"
        condition[name] = length + (found.after if isinstance(found, Formula) else 0)
    if isinstance(found, Comparison) and found.op in (">=", "<="):
        notes.append(f"{found.op} {found.number:g} is written with the neighbour of that number.")
    facts = {
        **_labelled(_texts(rule.get("labels"), "labels"), notes),
        **({"metric": found.metric} if found.metric else {}),
        **_applies(found),
        "condition": condition,
        **_annotated(_texts(rule.get("annotations"), "annotations"), notes),
    }
    return facts, notes


def _read(expression: str) -> Comparison | Formula:
    """One series and a number, or a formula over several."""
    try:
        return comparison(expression)
    except NotTranslated:
        return formula(expression)


def _labelled(labels: dict[str, str], notes: list[str]) -> dict[str, Any]:
    severity = SEVERITIES.get(labels.get("severity", ""), "warning")
    if labels.get("severity") == severity:
        del labels["severity"]
    elif "severity" in labels:
        notes.append(f"The severity {labels['severity']!r} became {severity}.")
    for key in [key for key, value in labels.items() if _TEMPLATE.search(value)]:
        notes.append(f"The label {key} is a template and is left out.")
        del labels[key]
    return {"severity": severity, **({"labels": labels} if labels else {})}


def _texts(given: Any, what: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise NotTranslated(f"Its {what} are no names with texts.")
    return {str(name): str(value) for name, value in given.items()}


def _applies(found: Comparison | Formula) -> dict[str, str]:
    applies: dict[str, str] = {}
    for matcher in found.matchers:
        name = FIELDS.get(matcher.name)
        if name is None:
            raise NotTranslated(
                f"Nothing here has a label {matcher.name!r}: device, site, kind and tag are read."
            )
        if name in applies:
            raise NotTranslated(f"It asks for {matcher.name} twice.")
        applies[name] = _asked(matcher, name)
    return applies


def _asked(matcher: Matcher, name: str) -> str:
    if matcher.op == "=":
        if "*" in matcher.value or not matcher.value:
            raise NotTranslated(f"{matcher.name}={matcher.value!r} cannot be asked for here.")
        return matcher.value
    if matcher.op == "=~" and name == "uid_pattern" and _STARS.match(matcher.value):
        return matcher.value.replace(".*", "*")
    raise NotTranslated(f"{matcher.name}{matcher.op}{matcher.value!r} cannot be asked for here.")


def _annotated(annotations: dict[str, str], notes: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    runbook = annotations.pop("runbook_url", None) or annotations.pop("runbook", "")
    if runbook and not _TEMPLATE.search(runbook):
        found["runbook"] = runbook
    elif runbook:
        notes.append("Its runbook is a template and is left out.")
    for name in TEXTS:
        text = _text(annotations[name]) if name in annotations and "text" not in found else None
        if text is not None:
            found["text"] = text[:MAX_TEXT]
            del annotations[name]
    notes += [f"The annotation {name} is left out." for name in sorted(annotations)]
    return found


def _text(template: str) -> str | None:
    """With our names of what stands in it; None: it computes something."""

    def named(found: re.Match[str]) -> str:
        label = _LABEL_OF.match(found[1])
        if found[1] == "$value":
            return "{value}"
        if label is None:
            raise NotTranslated("")
        return "{site}" if label[1] == "site" else "{device}"

    if "{" in _TEMPLATE.sub("", template) or "}" in _TEMPLATE.sub("", template):
        return None  # a brace of its own would be read as a name
    try:
        return _TEMPLATE.sub(named, template)
    except NotTranslated:
        return None
