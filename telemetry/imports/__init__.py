"""Readings from files: a table's columns in, rows of `telemetry.storage.store` out.

`sources` gives a file in blocks of rows (`csv_file`, `parquet_file`, `ndjson_file`), `layout` says
what each column means, `times` and `values` make numbers of columns, `reader` goes through the
blocks and `readings` makes readings of each, `places` finds or makes the series, `writing` stores.
`running` does it all: first it looks at the whole file, then it writes.
"""
