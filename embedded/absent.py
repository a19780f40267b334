"""What a library imports only where it finds it, and we use nothing of it that needs that."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# For DRF's client of tests and its pages that can be browsed: 4 MiB in each process. Whoever needs
# one, as sign-in by OpenID Connect does, imports it later.
OF_REST = ("requests", "markdown")


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Within, to import one of these modules fails as where it is not installed. One that is
    imported already stays."""
    halted = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(halted))  # type: ignore[arg-type]  # None halts an import
    try:
        yield
    finally:
        for name in halted:
            del sys.modules[name]
