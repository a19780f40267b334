"""What is remembered of texts that somebody sends is bounded in number and in length."""

from __future__ import annotations

from bridge.decode.short_cache import LONGEST, short_cache


def test_short_texts_are_made_once_and_long_ones_each_time() -> None:
    made: list[tuple[str, ...]] = []

    @short_cache(2)
    def joined(*texts: str) -> str:
        made.append(texts)
        return "".join(texts)

    for _ in range(2):
        assert joined("a", "b") == "ab"
        assert joined("x" * (LONGEST + 1)) == "x" * (LONGEST + 1)
    assert [len(texts) for texts in made] == [2, 1, 1]
    assert joined("c") == "c"
    assert joined("d") == "d"  # there was no room: all are forgotten
    assert joined("a", "b") == "ab"
    assert made.count(("a", "b")) == 2
