"""A rule as it is written, stored and exported, checked field by field. Pure; docs/rules.md has
each field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, TypeVar

from bridge.decode.items import Value
from bridge.decode.rules import expression
from bridge.decode.rules.form import MAX_WORD, MAX_WORDS, Form
from bridge.decode.rules.json_path import Path
from bridge.decode.rules.moment import UNITS, Moment
from bridge.decode.rules.problems import InvalidRule
from bridge.decode.rules.rule import Pivot, PresenceWords, Rule
from bridge.decode.rules.template import Template, text_of
from bridge.decode.rules.topic_pattern import TopicPattern
from bridge.decode.rules.value_rule import KINDS, ValueRule
from bridge.decode.units import MAX_UNIT, normalised
from bridge.decode.values import MAX_METRIC, MAX_TEXT, is_storable

T = TypeVar("T")

MAX_VALUE_RULES = 100  # entries of `values`

FIELDS = (
    *("topic", "payload", "pattern", "each", "device", "device_name", "site", "metric"),
    *("values", "pivot", "time", "ignore", "null_if", "presence"),
)
VALUE_FIELDS = (
    *("path", "metric", "unit", "precision", "scale", "offset", "map", "null_if", "pattern", "as"),
)
PAYLOADS = ("json", "text")


def read(definition: Any, name: str) -> Rule:
    """The rule. Raises `InvalidRule` with all that is wrong, by field."""
    form = Form(definition)
    rule = _rule(form, name)
    if form.errors or rule is None:
        raise InvalidRule(form.errors)
    return rule


def _rule(form: Form, name: str) -> Rule | None:
    given = form.given
    form.only(given, FIELDS)
    topic = form.made("topic", lambda: TopicPattern(form.text(given, "topic")))
    captures = topic.captures if topic is not None else ()
    is_text = form.chosen(given, "payload", PAYLOADS, "") == "text"
    pattern = form.text(given, "pattern")
    found = None
    if pattern:
        if not is_text:
            form.errors["pattern"] = "Only a payload that is text is read with a pattern."
        found = form.made("pattern", lambda: _named(pattern))
    default_device = "{device}" if "device" in captures else ""
    device = _template(form, "device", captures, default_device)
    if device is not None and not device.text:
        form.errors["device"] = (
            "Say whose message it is: capture {device} in the topic, or write {@.id} for what"
            " stands at id in the payload."
        )
    site = _template(form, "site", captures, "{site}" if "site" in captures else "")
    title = _template(form, "device_name", captures, "")
    values = _values(form, captures)
    rule_ignore = form.words(given, "ignore")
    each_text = form.text(given, "each")
    each = form.made("each", lambda: Path(each_text)) if each_text else None
    pivot, moment, presence = _pivot(form), _moment(form), _presence(form)
    if topic is None or device is None or site is None or title is None:
        return None
    return Rule(
        name=name,
        topic=topic,
        device=device,
        site=site if site.text else None,
        title=title if title.text else None,
        values=values,
        everything=not given.get("values"),
        is_text=is_text,
        expression=found,
        each=each,
        pivot=pivot,
        moment=moment,
        presence=presence,
        ignore=expression.of_globs(rule_ignore) if rule_ignore else None,
    )


def _named(pattern: str) -> Any:
    found = expression.compiled(pattern)
    if not found.groupindex:
        raise ValueError("Name what it finds: (?P<temperature>[-0-9.]+).")
    return found


def _template(form: Form, field: str, captures: Collection[str], default: str) -> Template | None:
    text = form.text(form.given, field, default=default)
    return form.made(field, lambda: Template(text, captures))


def _values(form: Form, captures: Collection[str]) -> tuple[ValueRule, ...]:
    nothing = form.words(form.given, "null_if")
    metric = form.text(form.given, "metric")
    given = form.given.get("values")
    if given is None or given == []:
        default = "{metric}" if "metric" in captures else "{key}"
        found = form.made("metric", lambda: Template(metric or default, captures, key=True))
        if found is None:
            return ()
        return (ValueRule(Path(""), found, nothing=frozenset(nothing)),)
    if metric:
        form.errors["metric"] = "Each of the values names its own metric."
    if not isinstance(given, list) or len(given) > MAX_VALUE_RULES:
        form.errors["values"] = f"Write a list of at most {MAX_VALUE_RULES} entries."
        return ()
    read = [_value(form, each, captures, nothing, f"values.{at}") for at, each in enumerate(given)]
    return tuple(each for each in read if each is not None)


def _value(
    form: Form, entry: Any, captures: Collection[str], nothing: list[str], field: str
) -> ValueRule | None:
    given = form.object_of(entry, field)
    before = f"{field}."
    form.only(given, VALUE_FIELDS, before)
    text = form.text(given, "path", before=before)
    path = form.made(f"{before}path", lambda: Path(text))
    wildcards = path.wildcards if path is not None else 0
    name = form.text(given, "metric", before=before, default="{key}")
    metric = form.made(
        f"{before}metric", lambda: Template(name, captures, wildcards=wildcards, key=True)
    )
    if len(name) > MAX_METRIC:
        form.errors[f"{before}metric"] = f"At most {MAX_METRIC} characters."
    unit = form.text(given, "unit", before=before)
    if len(unit) > MAX_UNIT:
        form.errors[f"{before}unit"] = f"At most {MAX_UNIT} characters."
    pattern = form.text(given, "pattern", before=before)
    found = form.made(f"{before}pattern", lambda: expression.compiled(pattern)) if pattern else None
    scale, offset = form.factor(given, "scale", before), form.factor(given, "offset", before)
    precision = form.decimals(given, "precision", before)
    own_nothing, words = form.words(given, "null_if", before), _map(form, given, before)
    kind = form.chosen(given, "as", KINDS, before)
    if path is None or metric is None:
        return None
    return ValueRule(
        path=path,
        metric=metric,
        unit=normalised(unit) if unit else "",
        precision=precision,
        scale=scale,
        offset=offset,
        words=words,
        nothing=frozenset([*nothing, *own_nothing]),
        expression=found,
        kind=kind,
    )


def _map(form: Form, given: Mapping[str, Any], before: str) -> dict[str, Value | None] | None:
    value = given.get("map")
    if not value:
        return None
    said = f"Write an object of at most {MAX_WORDS} words and what each becomes."
    if not isinstance(value, dict) or len(value) > MAX_WORDS:
        form.errors[f"{before}map"] = said
        return None
    for word, becomes in value.items():
        text = text_of(becomes)
        usable = becomes is None or (
            text is not None and len(text) <= MAX_TEXT and is_storable(text)
        )
        if len(word) > MAX_WORD or not usable:
            form.errors[f"{before}map"] = said
    return value


def _pivot(form: Form) -> Pivot | None:
    if form.given.get("pivot") is None:
        return None
    given = form.object_of(form.given["pivot"], "pivot")
    form.only(given, ("name", "value"), "pivot.")
    paths = {}
    for field in ("name", "value"):
        text = form.text(given, field, before="pivot.")
        if not text:
            form.errors[f"pivot.{field}"] = "Write a path, as type or data.value."
        paths[field] = form.made(f"pivot.{field}", partial(Path, text))
    if paths["name"] is None or paths["value"] is None:
        return None
    return Pivot(paths["name"], paths["value"])


def _moment(form: Form) -> Moment | None:
    if form.given.get("time") is None:
        return None
    given = form.object_of(form.given["time"], "time")
    form.only(given, ("path", "unit", "zone"), "time.")
    text = form.text(given, "path", before="time.")
    if not text:
        form.errors["time.path"] = "Write a path, as ts or $.header.time."
    unit = form.chosen(given, "unit", UNITS, "time.")
    zone = form.text(given, "zone", before="time.", default="UTC")
    path = form.made("time.path", lambda: Path(text))
    if path is None:
        return None
    return form.made("time.zone", lambda: Moment(path, unit, zone))


def _presence(form: Form) -> PresenceWords | None:
    if form.given.get("presence") is None:
        return None
    given = form.object_of(form.given["presence"], "presence")
    form.only(given, ("path", "online", "offline"), "presence.")
    text = form.text(given, "path", before="presence.")
    path = form.made("presence.path", lambda: Path(text))
    words = {
        field: frozenset(word.lower() for word in form.words(given, field, "presence."))
        for field in ("online", "offline")
    }
    if not words["online"] and not words["offline"]:
        form.errors["presence.online"] = "Write at least one word of presence."
    if words["online"] & words["offline"]:
        form.errors["presence.offline"] = "A word means online or offline, not both."
    if path is None:
        return None
    return PresenceWords(path, words["online"], words["offline"])
