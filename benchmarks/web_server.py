"""`python -m benchmarks.web_server`: Daphne, as where only what Pulseboard needs is installed.

pyarrow loads pandas wherever it finds it, 50 MiB, and of Pulseboard only the tests need it.
"""

from __future__ import annotations

import sys
from typing import Any

from daphne.cli import CommandLineInterface


class WithoutPandas:
    """The first that Python asks where a module is."""

    @staticmethod
    def find_spec(name: str, *_: Any) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, WithoutPandas())  # type: ignore[arg-type]
    CommandLineInterface.entrypoint()
