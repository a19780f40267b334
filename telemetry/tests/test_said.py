"""A sentence is the same in English however it is kept, and another in the reader's language."""

from __future__ import annotations

import json

from django.utils import translation

from telemetry.series.said import Numeral, form_of, read, say
from telemetry.series.worded import worded

DRAWN = say(
    "{what}, for {time}",
    what=say("{subject} {value}, {limit}", subject="Cold {room}", value=Numeral("24.5 °C"),
             limit=say("limit {limit}", limit=Numeral("-15"))),
    time=Numeral("12 min"),
)  # fmt: skip


def test_what_is_said_is_kept_as_json_and_read_again():
    form = json.loads(json.dumps(form_of(DRAWN)))
    assert read(form, "") == DRAWN
    assert worded(form, "") == str(DRAWN) == "Cold {room} 24.5 °C, limit -15, for 12 min"
    assert form_of("own words") is None
    assert worded(None, "own words") == "own words"
    changes = say("{what}: {changes}.", what="A", changes=(say("name"), say("tags")))
    assert worded(json.loads(json.dumps(changes.form())), "") == "A: name, tags."


def test_it_is_said_in_the_language_of_who_reads_it():
    with translation.override("de"):
        assert worded(DRAWN.form(), "") == "Cold {room} 24,5 °C, Grenze -15, seit 12 min"
