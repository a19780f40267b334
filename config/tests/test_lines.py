"""What nobody sees in a name is refused where people write it and left out where devices say it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from rest_framework import serializers

from access import lookalike
from bridge.decode.descriptions import said
from bridge.decode.identity import metric_name
from bridge.decode.units import normalised
from config import urls
from devices.line import check_line, check_prose

HIDDEN = [
    "Roof\u200b", "\ufeffRoof", "Ro\xadof", "Roof\u202e", "\u2066Roof\u2069", "\u200eRoof",
    "Ro\u2060of", "Roof\x1b[2J", "Roof\x9b2J", "Roof\n", "Roof\x7f", "Ro\U000e0041of",
    "Roof\ufe0f", "Ro\u200dof", "Roof\u3164", "Roof\u2800", "Roof\u2028",
    "گل\u200c", "☀\u200d", "1\ufe0f", "Ro\u034fof",
]  # fmt: skip
SEEN = [
    "Roof 1", "Außenlampe", "温度", "λ₁", "می\u200cخواهم", "क्\u200dष", "👩🏽\u200d🔧", "❤️\u200d🔥",
    "☀️", "1️⃣", "ℹ️", "葛\U000e0100城",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "Ro\xa0of", "שלום", "µg/m³",
]  # fmt: skip
# Fields for people's texts that take what nobody sees, and why.
TAKE = {
    # Names what there is, and is not found otherwise.
    "metric", "uid", "uids", "device", "other", "site", "to", "kind", "tag", "uid_pattern",
    "convention", "token_key", "ready_made", "zone", "main", "others", "word", "bar",
    # Has a grammar of its own, or is nobody's to read.
    "formula", "at", "view", "path", "layout", "mqtt_filters", "topic", "payload", "current",
    "new", "code", "p256dh", "auth", "endpoint", "settings", "secrets",
}  # fmt: skip
# A document: what its lines say goes through the fields of what it makes.
DOCUMENTS = {"DeviceTableSerializer", "ImportSerializer"}
ANSWERS = ("Shape", "QuarantinedSerializer", "DetailSerializer", "MqttAccountSerializer",
           "OutcomeSerializer", "MadeInvitation", "ImportedTokenSerializer", "ImportLineSerializer",
           "NewPersonGrantSerializer")  # (whose name is one that is there)  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_what_nobody_sees_is_refused_by_its_place(name: str):
    with pytest.raises(ValidationError, match=r"Character \d+ is U\+[0-9A-F]{4,6}, which nobody"):
        check_line(name)
    for cleaned in (said(name), normalised(name), metric_name(name)):
        check_line(cleaned)
        assert cleaned != name


@pytest.mark.parametrize("name", SEEN)
def test_what_a_language_or_a_sign_needs_stays(name: str):
    check_line(name)
    assert said(name) == metric_name(name) == name


def test_prose_may_be_pasted_from_anywhere_but_controls_no_terminal():
    check_prose("One\n\ttwo\r\n\u2068three\u2069\u200b")
    for bad in ("\x1b[2J", "\x9b2J", "a\x08b"):
        with pytest.raises(ValidationError):
            check_prose(bad)


def fields() -> Iterator[tuple[str, str, serializers.Field]]:
    """Every text that some serializer of ours takes."""
    assert urls.urlpatterns  # all of them are loaded
    pending: list[Any] = [serializers.BaseSerializer]
    while pending:
        pending += (found := pending.pop()).__subclasses__()
        ours = not found.__module__.startswith(("rest_framework", "drf_", "knox"))
        if not ours or not hasattr(found, "_declared_fields") or found.__name__ == "Editable":
            continue
        for name, field in found().fields.items():
            text = field
            while isinstance(text, serializers.ListField | serializers.DictField):
                text = text.child
            if isinstance(text, serializers.CharField) and not field.read_only:
                yield found.__name__, name, text


@pytest.mark.django_db
def test_each_field_that_people_write_a_text_into_refuses_it():
    takes = []
    for of, name, field in fields():
        if of.endswith(ANSWERS) or of in DOCUMENTS:
            continue  # an answer, or a document
        for text in ("a\x1bb", "a\u202eb"):
            try:
                field.run_validation(text)
            except (ValidationError, serializers.ValidationError):
                continue
            if name not in TAKE and not (text[1] != "\x1b" and check_prose in field.validators):
                takes.append(f"{of}.{name} takes {text!a}")
    assert not takes, "\n".join(takes)


@pytest.mark.django_db
def test_nobody_takes_a_name_that_looks_like_anothers():
    User.objects.create_user("coco.Ivanov1")
    for name in ("сосо.Ivanov1", "COCO.ivanov1", "coco.lvanovl", "c0c0.Ivanov1", "ｃoco.Ivanov1"):
        with pytest.raises(ValidationError, match="looks like this one"):
            lookalike.check(name)
    form = UserCreationForm({"username": "сосо.Ivanov1", "password1": "x", "password2": "x"})
    assert form.errors["username"] == ["Another account's name looks like this one."]
    for name in ("coco.Ivanov2", "кока", "coco", "coco.Ivanov1"):
        lookalike.check(name)
