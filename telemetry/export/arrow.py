"""Arrow: blocks as record batches, and the IPC stream of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from telemetry.export.options import Options
from telemetry.history.table import Column, Table, Values, Words


class Sink:
    """A file for pyarrow to write, taken away in pieces."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def flush(self) -> None:
        """pyarrow asks for it."""

    def close(self) -> None:
        """The same."""

    def taken(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def schema(columns: list[Column], options: Options, *, words: pa.DataType) -> pa.Schema:
    """Of times in the zone asked for, with the unit of each column in its metadata; `words` is the
    type of texts."""
    types = {
        "time": pa.timestamp("us", tz=options.zone_name),
        "number": pa.float64(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "text": words,
    }
    return pa.schema(
        [pa.field(each.name, types[each.kind], metadata=_about(each)) for each in columns]
    )


def batches(table: Table, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for block in table.blocks:
        arrays = [_array(values, field.type) for values, field in zip(block, schema, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def written(table: Table, options: Options) -> Iterator[bytes]:
    """Texts are dictionaries: few different ones, many times."""
    of = schema(table.columns, options, words=pa.dictionary(pa.int32(), pa.string()))
    sink = Sink()
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), of) as stream:
        yield sink.taken()
        for batch in batches(table, of):
            stream.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


def _about(column: Column) -> dict[str, str]:
    about = {"unit": column.unit, **column.about}
    return {
        name: each if isinstance(each, str) else json.dumps(each) for name, each in about.items()
    }


def _array(values: Values, kind: pa.DataType) -> pa.Array:
    if isinstance(values, Words):
        codes = pa.array(values.codes, mask=values.codes < 0)
        array = pa.DictionaryArray.from_arrays(codes, pa.array(values.words, pa.string()))
        return array.cast(kind)
    if isinstance(values, list):
        texts = pa.array(values, pa.string())
        return texts.dictionary_encode() if pa.types.is_dictionary(kind) else texts
    if pa.types.is_timestamp(kind):
        return pa.array(values).cast(kind)
    if pa.types.is_floating(kind):
        return pa.array(values, mask=np.isnan(values))
    mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    return pa.array(np.asarray(values), kind, mask=mask)
