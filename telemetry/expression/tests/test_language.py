"""What may be written, and what is said of what may not."""

from __future__ import annotations

import random

import pytest

from telemetry.expression import InvalidExpression, Typed, read
from telemetry.expression.parser import MAX_DEPTH, MAX_NODES
from telemetry.expression.tokens import MAX_LENGTH
from telemetry.expression.tree import Call, Name, Node, Number, Shift, Truth


def plain(node: Node) -> str:
    if isinstance(node, Number | Truth):
        return f"{node.value:g}"
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Call):
        return f"({node.what} {' '.join(map(plain, node.arguments))})"
    what = "shift" if isinstance(node, Shift) else node.what
    return f"[{what} {plain(node.inner)} {node.span_us // 1000}]"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c - d", "(- (+ a (* b c)) d)"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("a − b × c ÷ 2 % 3", "(- a (% (/ (* b c) 2) 3))"),
        ("-a * b", "(* (negative a) b)"),
        ("not a > 1 and b or c", "(or (and (not (> a 1)) b) c)"),
        ("a ≥ 1 or b = 2", "(or (>= a 1) (== b 2))"),
        ("if(a, true, not b)", "(if a 1 (not b))"),
        ("min(a, b) + min(a, 10min)", "(+ (min a b) [min a 600000])"),
        ("mean( a , 10 min )", "[mean a 600000]"),
        ("shift(a, 1d) - shift(a, 1w)", "(- [shift a 86400000] [shift a 604800000])"),
        ("sum(a+b, 500ms)", "[sum (+ a b) 500]"),
        ("degree_days(t, 18)", "[degree_days (- 18 t) 86400000]"),
        ("1.5e3 * a + .5", "(+ (* 1500 a) 0.5)"),
    ],
)
def test_operators_hold_as_one_expects(text: str, tree: str):
    assert plain(read(text).tree) == tree


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at character 1: there is no formula"),
        ("   ", "at character 4: there is no formula"),
        ("5 + 3", "at character 1: the formula names no series"),
        ("a +", "at character 4: here the formula ends, and a value is missing"),
        ("a + * b", "at character 5: a value is missing before `*`"),
        ("(a + b", "at character 1: this bracket is never closed"),
        ("a)", "at character 2: this bracket was never opened"),
        ("a b", "at character 3: `b` does not belong here"),
        ("a $ b", "at character 3: '$' is nothing a formula has"),
        ("a < b < c", "at character 7: compare twice with `and`: a < b and b < c"),
        ("sin(a)", "at character 1: there is no function sin"),
        ("mean + 1", "at character 1: mean is a function: write mean(…)"),
        ("mean(a)", "at character 1: mean takes a series and a duration: mean(t, 10min)"),
        ("mean(10min, a)", "at character 6: the duration comes last"),
        (
            "mean(a, b, 10min)",
            "at character 1: mean takes one series and a duration: mean(t, 10min)",
        ),
        ("mean(5, 10min)", "at character 6: mean needs a series, and this names none"),
        ("a + 10min", "at character 5: 10min is a duration, which only functions over a time take"),
        ("abs(a, 10min)", "at character 8: abs takes no duration"),
        ("abs(a, b)", "at character 1: abs takes 1 value, not 2"),
        (
            "min(a)",
            "at character 1: min takes several values, or a series and a duration: min(t, 10min)",
        ),
        ("if(a)", "at character 1: if takes 3 values, not 1"),
        ("mean(a, 0s)", "at character 9: a duration of mean is over 0 and at most 31 days"),
        ("mean(a, 32d)", "at character 9: a duration of mean is over 0 and at most 31 days"),
        (
            "shift(a, 999999999999w)",
            "at character 10: a duration of shift is over 0 and at most 366 days",
        ),
        ("a and", "at character 6: here the formula ends, and a value is missing"),
        ("and a", "at character 1: a value is missing before and"),
        ("1e999 * a", "at character 1: this number is too large"),
        ("__import__(a)", "at character 1: there is no function __import__"),
        ("a.b", "at character 2: '.' is nothing a formula has"),
        ("abs(a,)", "at character 7: a value is missing before `)`"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words_with_its_place(text: str, said: str):
    with pytest.raises(InvalidExpression) as refused:
        read(text)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        "-" * 900 + "a",
        "not " * 200 + "a",
        "abs(" * 200 + "a" + ")" * 200,
        "+".join(["a"] * 300),
        "a" * 500,
        "9" * 400 + "*a",
        "+".join(f"n{n}" for n in range(40)),
        "a" + "+" * (MAX_LENGTH + 1),
        "\x00a",
        "\u0661 + a",
        "a\u200b",
    ],
)
def test_hostile_text_is_refused(text: str):
    with pytest.raises(InvalidExpression):
        read(text)


def test_any_text_is_read_or_refused():
    chance = random.Random(9)
    words = [*"()+-*/%<>=,.ab1\u00b7 ", "min", "mean(", "10min", "and", "not", "true", "if(", "1e9"]
    read_well, places = 0, []
    for _ in range(3_000):
        text = "".join(chance.choice(words) for _ in range(chance.randint(1, 12)))
        try:
            read(text)
        except InvalidExpression as exc:
            places.append((exc.at, len(text)))
        else:
            read_well += 1
    assert read_well > 20
    assert all(0 <= at <= length for at, length in places)


def test_the_largest_formula_is_worked_out():
    half = MAX_NODES // 2
    assert len(read("+".join(["a"] * half)).names) == 1


UNITS = {
    "t": "°C", "u": "°C", "f": "°F", "k": "K", "p": "W", "q": "kW", "v": "V", "i": "A", "e": "kWh",
    "rh": "%", "flow": "m³/h", "x": "", "odd": "parrots", "odd2": "parrots", "d": "km", "dur": "h",
}  # fmt: skip
NAMES = {name: Typed("number", unit) for name, unit in UNITS.items()} | {
    "door": Typed("boolean"),
    "on": Typed("boolean"),
}


@pytest.mark.parametrize(
    ("text", "kind", "unit"),
    [
        ("t - u", "number", "K"),
        ("t - shift(t, 1d)", "number", "K"),
        ("t + k", "number", "°C"),
        ("t - 5", "number", "°C"),
        ("(t + u) / 2", "number", "°C"),
        ("t + u", "number", ""),
        ("0.5 * t + u * 0.5", "number", "°C"),
        ("f - f", "number", "°F"),
        ("mean(t, 10min)", "number", "°C"),
        ("sum(t, 10min)", "number", ""),
        ("sum(p, 10min)", "number", "W"),
        ("increase(e, 1d)", "number", "kWh"),
        ("integral(p, 1h)", "number", "Wh"),
        ("integral(q, 1h)", "number", "kWh"),
        ("integral(v * i, 1h)", "number", "Wh"),
        ("integral(i, 1h)", "number", "Ah"),
        ("integral(flow, 1h)", "number", "m³"),
        ("integral(t, 1h)", "number", ""),
        ("integral(door, 1h)", "number", "h"),
        ("v * i", "number", "W"),
        ("p / v", "number", "A"),
        ("v / i", "number", "Ω"),
        ("d / dur", "number", "km/h"),
        ("p / p", "number", ""),
        ("1 / v", "number", ""),
        ("p + x", "number", ""),
        ("odd - odd2", "number", "parrots"),
        ("odd * odd2", "number", ""),
        ("max(odd, 5)", "number", "parrots"),
        ("abs(-p)", "number", "W"),
        ("abs(-t)", "number", ""),
        ("dew_point(t, rh)", "number", "°C"),
        ("degree_days(t, 18)", "number", "K·d"),
        ("count(t, 1h)", "number", ""),
        ("mean(door, 1h)", "number", ""),
        ("max(door, 1h)", "boolean", ""),
        ("if(door, p, 0)", "number", "W"),
        ("t > u and not door", "boolean", ""),
        ("door == on", "boolean", ""),
        ("clamp(p, 0, 100)", "number", "W"),
        ("sqrt(p)", "number", ""),
    ],
)
def test_what_a_formula_gives(text: str, kind: str, unit: str):
    assert read(text).typed(NAMES) == (kind, unit)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("t + p", "at character 3: °C and W cannot be added"),
        ("p - q", "at character 3: W and kW cannot be subtracted"),
        ("t > f", "at character 3: °C and °F cannot be compared"),
        ("t - u > t", "at character 7: K and °C cannot be compared"),
        ("max(t, k)", "at character 1: °C and K cannot be compared"),
        ("if(door, p, t)", "at character 1: W and °C cannot be given by one `if`"),
        ("dew_point(f, rh)", "at character 1: dew_point takes °C and %: this is °F"),
        ("door + 1", "at character 1: + takes numbers: this is true or false"),
        ("-door", "at character 2: - takes numbers: this is true or false"),
        ("t and door", "at character 1: and takes what is true or false: this is a number"),
        ("if(t, 1, 2)", "at character 4: if takes what is true or false first: this is a number"),
        (
            "if(door, 1, on)",
            "at character 1: if gives a number in one case, and true or false in the other",
        ),
        ("door > on", "at character 6: what is true or false has no order: >"),
        ("door == 1", "at character 6: a number cannot be compared with what is true or false"),
        ("increase(door, 1h)", "at character 10: increase needs numbers: this is true or false"),
        ("nobody + 1", "at character 1: no series is called nobody here"),
        (
            "degree_days(door, 18)",
            "at character 13: degree_days takes numbers: this is true or false",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(text: str, said: str):
    with pytest.raises(InvalidExpression) as refused:
        read(text).typed(NAMES)
    assert str(refused.value) == said
