"""Numbers and texts of a column of measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

MAX_EXACT = 2**53  # beyond it a double skips whole numbers
MAX_TEXT = 1_024  # characters of a text reading, as over the wire
NOTHING = frozenset({"", "null", "none", "nan", "na", "n/a", "-"})  # in lower case: no reading
BOOLEANS = {"true": 1.0, "false": 0.0}  # in lower case
NOT_FINITE = "no finite number"
NOT_EXACT = "a whole number beyond 2^53, which cannot be stored exactly"
BAD_TEXT = f"a text over {MAX_TEXT} characters, or with NUL in it"


class Values(NamedTuple):
    """Of each row."""

    numbers: NDArray[np.float64]
    has_number: NDArray[np.bool_]
    texts: dict[int, str]  # by row
    wrong: dict[int, str]  # by row: why
    is_yes_or_no: NDArray[np.bool_]  # its number is one of these in words


def read(column: pa.ChunkedArray, *, with_texts: bool) -> Values:
    """What there is to store; `with_texts`: what is no number is a text."""
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _written(column, with_texts=with_texts)
    return _typed(column)


def _typed(column: Any) -> Values:
    """Of a column that says what it holds."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    kind = column.type
    if pa.types.is_null(kind):
        return _numbers(np.full(len(column), np.nan), {})
    if pa.types.is_boolean(kind):
        found = _numbers(_floats(column.cast(pa.float64())), {})
        return found._replace(is_yes_or_no=found.has_number)
    if pa.types.is_integer(kind):
        beyond = pc.fill_null(
            pc.or_(pc.greater(column, MAX_EXACT), pc.less(column, -MAX_EXACT)), False
        )
        wrong = dict.fromkeys(np.flatnonzero(beyond.to_numpy()).tolist(), NOT_EXACT)
        return _numbers(_floats(column.cast(pa.float64(), safe=False)), wrong)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numbers(_floats(column.cast(pa.float64(), safe=False)), {})
    why = f"of the type {kind}, which is no measurement"
    return _numbers(np.full(len(column), np.nan), dict.fromkeys(range(len(column)), why))


def _written(column: Any, *, with_texts: bool) -> Values:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    try:
        plain = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
        floats = _floats(plain.cast(pa.float64()))
    except pa.ArrowInvalid:
        pass
    else:
        if not (np.abs(floats) >= MAX_EXACT).any():  # at these each digit is looked at
            return _numbers(floats, {})
    return _each(column.to_pylist(), with_texts=with_texts)


def are_texts(column: pa.ChunkedArray) -> bool:
    """Whether it has texts, and nothing in it is a number."""
    found = read(column, with_texts=True)
    return bool(found.texts) and not found.has_number.any()


def _each(given: list[str | None], *, with_texts: bool) -> Values:
    numbers = np.full(len(given), np.nan)
    texts: dict[int, str] = {}
    wrong: dict[int, str] = {}
    booleans = np.zeros(len(given), bool)
    for row, text in enumerate(given):
        if text is None or (word := text.strip().lower()) in NOTHING:
            continue
        if word in BOOLEANS:
            numbers[row] = BOOLEANS[word]
            booleans[row] = True
            continue
        try:
            if "_" in text:
                raise ValueError
            number = float(text)
        except ValueError:
            if not with_texts:
                wrong[row] = f"no number: {text[:40]!a}"
            elif len(text) > MAX_TEXT or "\0" in text:
                wrong[row] = BAD_TEXT
            else:
                texts[row] = text
            continue
        if abs(number) >= MAX_EXACT and word.lstrip("+-").isdigit() and int(word) != number:
            wrong[row] = NOT_EXACT
        else:
            numbers[row] = number
            if np.isnan(number):
                wrong[row] = NOT_FINITE
    found = _numbers(numbers, wrong)
    return found._replace(texts=texts, is_yes_or_no=booleans)


def _numbers(floats: NDArray[np.float64], wrong: dict[int, str]) -> Values:
    infinite = np.isinf(floats)
    if infinite.any():
        wrong = wrong | dict.fromkeys(np.flatnonzero(infinite).tolist(), NOT_FINITE)
    has = np.isfinite(floats)
    has[list(wrong)] = False
    return Values(floats, has, {}, wrong, np.zeros(len(floats), bool))


def _floats(column: Any) -> NDArray[np.float64]:
    found: NDArray[np.float64] = column.fill_null(float("nan")).to_numpy()
    return found
