"""YAML of rules: what is written is read again, and what surprises is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.yaml_file import InvalidFile, read, write

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
plain = st.sampled_from(
    [
        "on",
        "off",
        "yes",
        "1e3",
        "12:30",
        "~",
        "null",
        "010",
        "0x10",
        "1_000",
        ".5",
        "<<",
        "2026-01-01",
    ]
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    words, plain,
)  # fmt: skip
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(words | plain, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(documents)
def test_what_is_written_is_read_again(document):
    found = read(write(document))
    assert found == document
    assert repr(found) == repr(document)  # which tells 1 from True and from 1.0


def test_a_word_stays_a_word_and_a_number_is_decimal():
    text = "a: on\nb: 12:30\nc: 1e3\nd: 010\ne:\nf: 2026-01-01\ng: .nan\n"
    assert read(text) == {
        "a": "on", "b": "12:30", "c": 1000.0, "d": 10, "e": None, "f": "2026-01-01", "g": ".nan",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nb: *x\n", "Aliases are not read (line 2)."),
        ("a: 1\nb: 2\na: 3\n", "'a' is given twice (line 3)."),
        ("1: 2\n", "A key is text (line 1)."),
        ("[" * 100, "nested too deep"),
        ("a: [", "no YAML"),
        ("!!python/object/apply:os.system [x]", "could not determine a constructor"),
        ("a: !!timestamp 2026-01-01", "could not determine a constructor"),
        ("a: !!int x", "no YAML"),
        ("a: \x00", "no YAML"),
        ("a: " + "9" * 5_000, "no YAML"),
        ("a" * 1_000_001, "at most"),
    ],
)
def test_what_surprises_is_refused_with_its_line(text: str, said: str):
    with pytest.raises(InvalidFile) as caught:
        read(text)
    assert said in str(caught.value)
