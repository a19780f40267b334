"""A file in pieces, compressed on its way."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from telemetry.export.options import Compression

Piece = bytes | memoryview

GZIP_LEVEL = 1  # fast: more would cost several times what the export costs, for a few per cent


def compressed(pieces: Iterable[Piece], how: Compression) -> Iterator[Piece]:
    if how == "gzip":
        return _gzip(pieces)
    return _zstd(pieces) if how == "zstd" else iter(pieces)


def _gzip(pieces: Iterable[Piece]) -> Iterator[bytes]:
    packer = zlib.compressobj(GZIP_LEVEL, wbits=zlib.MAX_WBITS | 16)  # a gzip header
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _zstd(pieces: Iterable[Piece]) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415  (loaded when it is first needed)

    from telemetry.export.arrow import Sink  # noqa: PLC0415

    sink = Sink()
    with pa.CompressedOutputStream(pa.PythonFile(sink, "w"), "zstd") as packer:  # at its level 1
        for piece in pieces:
            packer.write(piece)
            yield sink.taken()
    yield sink.taken()
