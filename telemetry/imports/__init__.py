"""Readings from files: a table's columns in, rows of `telemetry.storage.store` out.

`layout` says what each column means, `sources` reads a file in blocks, `times` and `values` make
numbers of columns, `readings` puts a block together, `places` finds or makes the series, `writing`
stores. `running` does it all: first it looks at the whole file, then it writes.
"""
