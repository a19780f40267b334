"""Prometheus' rules: what says the same becomes a rule, everything else is told with its reason."""

from __future__ import annotations

import math
from typing import Any

import pytest

from alerts.conditions import read
from alerts.rules.prometheus import translated
from alerts.rules.promql import NotTranslated, comparison, seconds


def one(**rule: Any) -> Any:
    return translated({"groups": [{"name": "g", "rules": [{"alert": "A", **rule}]}]})


def test_a_usual_rule_becomes_ours():
    done = one(
        expr='temperature{site="plant", device=~"cold-.*"} > -15',
        **{"for": "1h30m"},
        labels={"severity": "critical", "team": "cold"},
        annotations={
            "summary": "{{ $labels.device }} is at {{ $value }}",
            "description": "A longer text",
            "runbook_url": "https://wiki.example.com/cold",
        },
    )
    assert done.refused == []
    assert done.notes == [("A", "The annotation description is left out.")]
    assert done.rules == [
        {
            "name": "A",
            "severity": "critical",
            "metric": "temperature",
            "site": "plant",
            "uid_pattern": "cold-*",
            "condition": {"type": "threshold", "op": "above", "limit": -15.0, "for": 5400.0},
            "labels": {"team": "cold"},
            "runbook": "https://wiki.example.com/cold",
            "text": "{device} is at {value}",
        }
    ]


@pytest.mark.parametrize(
    ("expression", "op", "number"),
    [
        ("x > 5", ">", 5.0),
        ("5 < x", ">", 5.0),
        ("(x) <= -.5", "<=", -0.5),
        ("1e3 != x", "!=", 1000.0),
        ('{__name__="x"} == 0', "==", 0.0),
        ('x{a="}>5\\"",} >= 5.', ">=", 5.0),
    ],
)
def test_a_series_compared_with_a_number_either_way_round(expression: str, op: str, number: float):
    found = comparison(expression)
    assert (found.metric, found.op, found.number) == ("x", op, number)


@pytest.mark.parametrize(
    ("expression", "formula", "limited"),
    [
        ("a > b", "a > b", None),
        ("a > 1 and b <= -2 or c == 3", "((a > 1) and (b <= (-2))) or (c == 3)", None),
        ("supply - back * 2 < 2", "(supply - (back * 2))", ("below", 2.0)),
        ("5 <= (a + b) / 2", "((a + b) / 2)", ("above", math.nextafter(5, 0))),
        ("-a > 1e3", "(-a)", ("above", 1000.0)),
        ("avg_over_time(a[10m]) > 5", "mean(a, 600s)", ("above", 5.0)),
        ("a - a offset 1h30m > 1.5", "(a - shift(a, 5400s))", ("above", 1.5)),
        ("clamp_min(ln(a), 0) + abs(b) != 0.25", "(max(log(a), 0) + abs(b)) != 0.25", None),
    ],
)
def test_several_series_or_a_time_become_a_formula(
    expression: str, formula: str, limited: tuple[str, float] | None
):
    (rule,) = one(expr=expression, **{"for": "1m"}).rules
    condition = rule["condition"]
    assert (condition["formula"], condition["for"], condition["tolerance"]) == (formula, 60, 300)
    assert (condition.get("op"), condition.get("limit")) == (limited or (None, None))
    assert "metric" not in rule
    read(condition)


def test_what_is_the_same_for_every_name_goes_along():
    expr = 'a:b{kind="pump",site="plant"} > c{site="plant",kind="pump"}'
    (rule,) = one(expr=expr).rules
    assert (rule["kind"], rule["site"]) == ("pump", "plant")
    assert rule["condition"]["names"] == {"series_1": "a:b", "c": "c"}
    (rule,) = one(expr="max > a:b and series_1 < not").rules
    assert rule["condition"]["formula"] == "(series_1 > series_2) and (series_3 < series_4)"
    assert list(rule["condition"]["names"].values()) == ["max", "a:b", "series_1", "not"]
    read(rule["condition"])


def test_a_series_that_is_absent_is_silent():
    done = one(expr='absent(x{device="a"})', **{"for": "5m"})
    (rule,) = done.rules
    assert (rule["metric"], rule["uid_pattern"]) == ("x", "a")
    assert rule["condition"] == {"type": "silent", "seconds": 600.0}
    assert done.notes == [("A", "A series that never came is absent there and not silent here.")]
    (rule,) = one(expr='absent_over_time(x{device="a"}[15m])').rules
    assert rule["condition"] == {"type": "silent", "seconds": 900.0}


def test_at_least_is_above_the_number_before_it():
    limit = comparison("x >= 5").condition["limit"]
    assert isinstance(limit, float)
    assert limit < 5
    assert not [value for value in (4.9, 4.999999999999999) if value > limit]
    assert done_notes("x >= 5") == [">= 5 is written with the neighbour of that number."]


def done_notes(expression: str) -> list[str]:
    return [said for _name, said in one(expr=expression).notes]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"expr": "rate(x[5m]) > 1"}, "rate guesses beyond the readings"),
        ({"expr": "sum(x) > 1"}, "sum joins several devices"),
        ({"expr": "x > 1 unless y < 2"}, "unless is true of what is missing"),
        ({"expr": "x > 1 and y"}, "asks what is there"),
        ({"expr": "x / y > 1"}, "division by 0 is infinity"),
        ({"expr": "x % 2 > 1"}, "% is another"),
        ({"expr": "(x > 1) + 1 > 2"}, "what a comparison leaves over"),
        ({"expr": "abs((x > 1)) > 2"}, "what a comparison leaves over"),
        ({"expr": "x > 1 > 0"}, "what a comparison leaves over"),
        ({"expr": "x > on(device) y"}, "on has no counterpart"),
        ({"expr": 'x{device="a"} - y{device="b"} > 1'}, "by different labels"),
        ({"expr": "avg_over_time(x[5m:1m]) > 1"}, "query within a query"),
        ({"expr": "quantile_over_time(0.9, x[5m]) > 1"}, "quantile_over_time has no counterpart"),
        ({"expr": "x @ 5 > 1"}, "cannot be read from '@'"),
        ({"expr": "1 > 2"}, "names no metric"),
        ({"expr": "x + y"}, "does not compare anything"),
        ({"expr": "(" * 40 + "x + y" + ")" * 40 + " > 1"}, "too many brackets"),
        ({"expr": "absent(x)"}, "name the device"),
        ({"expr": "x > bool 1"}, "bool has no counterpart"),
        ({"expr": "x > 1e999"}, "too large"),
        ({"expr": "x" * 3_000 + " > 1"}, "too long"),
        ({"expr": 'x{instance="a"} > 1'}, "Nothing here has a label 'instance'"),
        ({"expr": 'x{site!="a"} > 1'}, "site!='a' cannot be asked for"),
        ({"expr": 'x{device=~"a|b"} > 1'}, "cannot be asked for"),
        ({"expr": 'x{device="a",uid="b"} > 1'}, "twice"),
        ({"expr": "x > 1", "for": "soon"}, "length of time"),
        ({"expr": "x > 1", "keep_firing_for": "5m"}, "keep_firing_for has no counterpart"),
        ({"expr": 5}, "no name or no expression"),
        ({"record": "a:b", "expr": "x"}, "records a series"),
        ({"expr": "x > 1", "labels": [1]}, "labels"),
    ],
)
def test_what_does_not_translate_is_told_with_its_reason(rule: dict[str, Any], why: str):
    done = one(**rule)
    assert done.rules == []
    assert len(done.refused) == 1
    assert why in done.refused[0][1]


def test_nothing_of_a_file_is_dropped_without_a_word():
    done = translated(
        {
            "namespace": "n",
            "groups": [
                {"name": "g", "interval": "1m", "limit": 3, "rules": [
                    {"alert": "A", "expr": "x > 1", "labels": {"severity": "page", "t": "{{ 1 }}"}},
                    {"alert": "A", "expr": "x > 2", "annotations": {
                        "summary": "{{ $value | humanize }}", "description": "as {it} is"}},
                    "no rule",
                ]},
                3,
            ],
        }
    )  # fmt: skip
    assert [rule["name"] for rule in done.rules] == ["A", "A 2"]
    assert done.refused == [("?", "It is no rule."), ("group 2", "It is no group of rules.")]
    assert done.notes == [
        ("", "namespace of the file is left out."),
        ("g", "interval of the group: every reading is judged as it is stored."),
        ("g", "limit of the group: left out."),
        ("A", "The severity 'page' became critical."),
        ("A", "The label t is a template and is left out."),
        ("A 2", "The annotation description is left out."),
        ("A 2", "The annotation summary is left out."),
    ]


def test_lengths_of_time_as_prometheus_writes_them():
    assert [seconds(text) for text in ("5m", "1h30m", "1w", "500ms", "0")] == [
        300.0, 5400.0, 604_800.0, 0.5, 0.0,
    ]  # fmt: skip
    for text in ("", "5", "5m1h", "-5m"):
        with pytest.raises(NotTranslated):
            seconds(text)


def test_a_label_without_its_end_is_refused_at_once():
    """A backslash is read in one way: with two this takes longer than the test may."""
    with pytest.raises(NotTranslated):
        comparison('a{b="' + "\\" * 60 + "} > 1")
    assert comparison(r'a{b="\"c\\"} > 1').matchers[0].value == r'"c' + "\\"
