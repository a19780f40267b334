"""How glibc keeps memory of the web process."""

from __future__ import annotations

import ctypes

# glibc takes each piece of 128 KiB from the system, zeroed, and gives it back: columns of
# 16 384 numbers are such. For an export that was a third of all processor time.
LARGE = 1024 * 1024  # bytes of a piece that is a mapping of its own
# What is free at the end of a heap goes back from here on. With less, blocks of an export give back
# what the next one takes again.
TRIM = 512 * 1024  # bytes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of `mallopt`, see malloc.h


def install() -> None:
    """Of a C library without `mallopt` nothing is asked."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, LARGE)
        mallopt(_TRIM_THRESHOLD, TRIM)
