"""The template subset of Home Assistant discovery: what devices announce, and no more."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode.conventions.homeassistant.template import MAX_TEMPLATE, parsed

DOCS = "home-assistant.io source/_integrations/mqtt.markdown, sensor.mqtt.markdown"
SUN = {"message": {"id": 97}, "temp": 21.5, "state": "ON", "list": [1, {"a": 2}], "n": None}


def of(text: str, value: str, value_json: Any) -> Any:
    template = parsed(text)
    assert template is not None, text
    return template.of({"value": value, "value_json": value_json})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ value_json.temp }}", 21.5),  # DOCS
        ("{{value_json.temp}}", 21.5),
        ('{{ value_json["temp"] }}', 21.5),  # zigbee2mqtt test/extensions/homeassistant.test.ts
        ("{{value_json['message']['id']}}", 97),  # Tasmota 8 discovery, brackets only
        ("{{ value_json.list[1].a }}", 2),
        ("{{ value_json.temp | is_defined }}", 21.5),  # Theengs, OpenMQTTGateway
        ("{{ value_json.gone | is_defined }}", None),
        ("{{ value_json.gone }}", None),
        ("{{ value_json.gone.deeper }}", None),
        ("{{ value_json.n }}", None),
        ("{{ value_json.gone | default(0) }}", 0),
        ("{{ value_json.temp | default(0) }}", 21.5),
        ("{{ value_json.temp | int }}", 21),
        ("{{ value|float }}", 7.25),  # rtl_433 examples/rtl_433_mqtt_hass.py
        ("{{ value|float|round(1) }}", 7.2),
        ("{{ (float(value|float) * 3.6) | round(2) }}", 26.1),
        ("{{ float(value) * 99 + 1 }}", 718.75),
        ("{{ value_json.state | lower }}", "on"),
        ("{{ value_json.temp * 9 / 5 + 32 }}", 70.7),
        ("{{ 'yes' if value_json.temp > 20 else 'no' }}", "yes"),
        ("{{ value_json.state == 'ON' and value_json.temp >= 21.5 }}", True),
        ("{% if value_json.message.id == 97 %}{{ value_json.temp }}{% endif %}", 21.5),  # OMG
        ("{% if value_json.message.id == 98 %}{{ value_json.temp }}{% endif %}", None),
        # meshtastic.org docs/software/integrations/mqtt/home-assistant.mdx
        (
            "{% if value_json.from == 1 and x is defined %}1{% else %}{{ this.state }}{% endif %}",
            None,
        ),
        # zigbee2mqtt: a word looked up
        ("{% set m = {'ON':'auf','OFF':'zu'} %}{{ m[value_json.state] }}", "auf"),
        ("{{ {'ON': 1, 'OFF': 0}[value_json.state] }}", 1),
        ("{{ {'a': 1}.get(value_json.state, 9) }}", 9),
        ("{{ value_json.state in ['ON', 'on'] }}", True),
        ("{{ value_json.state not in ['ON'] }}", False),
        ("{%- if value_json.temp is not none -%} {{ value_json.temp }} {%- endif -%}", 21.5),
        ("{{ value_json.temp ~ ' C' }}", "21.5 C"),
        ("T {{ value_json.temp }}", "T 21.5"),
        ("{{ value_json.list | tojson }}", '[1, {"a": 2}]'),
        ("{{ -value_json.temp }}", -21.5),
        ("{{ value_json.temp | round }}", 22.0),
        ("{{ value_json.temp / 0 }}", None),
        ("{{ value_json.state * 2 }}", None),
        ("{{ value_json.state | float(0) }}", 0.0),
        ("{{ value_json.state | float }}", None),
        ("{{ True }}", True),
        ("{{ 'true' }}", "true"),
        ("", None),
    ],
)
def test_what_devices_announce_is_evaluated(text, said) -> None:
    assert of(text, "7.25", SUN) == said


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{{ value_json.a.b }}", ("a", "b")),
        ("{{ value_json['a'] | float | round(1) }}", ("a",)),
        ("{{ value_json.a * 2 }}", None),
        ("{{ value }}", None),
        ("x {{ value_json.a }}", None),
        ("{{ value_json }}", ()),
    ],
)
def test_a_path_is_known_as_one(text, path) -> None:
    template = parsed(text)
    assert template is not None
    assert template.path() == path


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ value_json.__init__.__globals__['os'].popen('id').read() }}",
        "{{ cycler.__init__.__globals__.os.system('id') }}",
        "{{ states('sensor.x') }}",
        "{{ now() }}",
        "{% for x in range(10**9) %}x{% endfor %}",
        "{% macro a() %}{% endmacro %}",
        "{% include 'x' %}",
        "{{ 'a' * 999999999 if true }} {{ lipsum() }}",
        "{{ value.split(',') }}",
        "{{ value | regex_replace('a', 'b') }}",
        "{{ (((((((((((((((((((((((((1))))))))))))))))))))))))) }}",
        "{{ " + "not " * 300 + "1 }}",
        "{{ " + "+ ".join(["1"] * 1_000) + " }}",
        "{{ value_json[ }}",
        "{{ }}",
        "{% if %}{% endif %}",
        "{% if value %}",
        "{% endif %}",
        "{% else %}",
        "{{ '\\x41' }}",
        "{{ 2 ** 999999999 }}",
        "{{ value" + " " * MAX_TEMPLATE + "}}",
    ],
)
def test_anything_more_is_not_supported(text) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "{{ value_json.__class__ }}",  # a key of that name, which is not there
        "{{ value.__len__ }}",
        "{{ " + "*".join(["9" * 15] * 100) + " }}",
        "{% set a = value_json.big %}{{ a * a * a * a }}",
        "{{ value_json.big ~ value_json.big }}",
        "{{ value_json.big / 3 }}",
        "{{ value_json.big | round(2) }}",
        "{{ value_json.deep == value_json.deep }}",
    ],
)
def test_what_is_supported_cannot_run_away(text) -> None:
    deep: Any = 1
    for _ in range(60):
        deep = {"a": deep}
    began = time.thread_time()  # not of a clock, which goes on while others have the machine
    of(text, "x" * 4_000, {"big": 10**600, "deep": deep})
    assert time.thread_time() - began < 1  # CPU second; it takes milliseconds


@given(st.text(alphabet="{}%|.'\"[]()valuejson_if else set=+-*/0123456789 ", max_size=120))
def test_any_text_is_read_or_refused(text) -> None:
    template = parsed("{{" + text + "}}")
    if template is not None:
        template.of({"value": "1", "value_json": SUN})
