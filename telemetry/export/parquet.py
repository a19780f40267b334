"""Parquet, written row group by row group."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from telemetry.export.arrow import Sink, batches, schema
from telemetry.export.options import Options
from telemetry.history.table import Table

GROUP = 128 * 1024  # rows of a row group: what is kept until it is written, some 10 MiB


def written(table: Table, options: Options) -> Iterator[bytes]:
    """Texts are plain strings whoever reads it, and times are in UTC, for Parquet has no zones."""
    of = schema(table.columns, options, words=pa.string())
    by_kind = {
        kind: [each.name for each in table.columns if each.kind == kind]
        for kind in ("time", "number", "integer", "boolean", "text")
    }
    sink = Sink()
    with pq.ParquetWriter(
        pa.PythonFile(sink, "w"),
        of,
        compression="zstd",
        store_schema=False,
        use_dictionary=by_kind["text"] + by_kind["number"],
        column_encoding=dict.fromkeys(by_kind["time"], "DELTA_BINARY_PACKED"),
    ) as file:
        group: list[pa.RecordBatch] = []
        for batch in batches(table, of):
            group.append(batch)
            if sum(map(len, group)) >= GROUP:
                file.write_table(pa.Table.from_batches(group), row_group_size=GROUP)
                group.clear()
            yield sink.taken()
        if group:
            file.write_table(pa.Table.from_batches(group), row_group_size=GROUP)
    yield sink.taken()
