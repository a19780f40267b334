"""One of our programs that starts others, as a fork (`tests.forking`), and those as forks of it.

A benchmark and a proof start a dozen processes each, of which each would load the same modules.
They do what they do otherwise.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from embedded.servers.child import Child
from embedded.servers.postgres import Postgres
from tests import clusters, forking

ROOT = Path(__file__).resolve().parents[1]
END_SECONDS = 120.0  # for one that a test leaves running


class ForkedProgram:
    """`python -m MODULE WORDS...` as it runs; `said` has its output, `log` what it complains of."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self._folder, self.process = folder, process

    @property
    def said(self) -> str:
        said = self._folder / "said"
        return said.read_text() if said.exists() else ""

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")


@contextmanager
def running(
    module: str, *words: str, environment: Mapping[str, str], cluster: Path | None = None
) -> Iterator[ForkedProgram]:
    """With `cluster` the Postgres it starts begins as a copy of that one: to make the tables takes
    longer than most of what is tested. Killed at the end if it has not ended."""
    folder = clusters.open_folder()
    given = [str(folder / "said"), str(cluster or ""), module, *words]
    command = [sys.executable, "-m", __name__, *given]
    try:
        with (folder / "log").open("wb") as log:
            process = forking.begin(command, environment, ROOT, log.fileno())
        try:
            yield ForkedProgram(folder, process)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(END_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_first(cluster: Path) -> None:
    prepare = Postgres.prepare

    def prepare_copy(server: Postgres) -> None:
        if not server.folder.exists():
            clusters.copy(cluster, server.folder)
        prepare(server)

    Postgres.prepare = prepare_copy  # type: ignore[method-assign]


def _fork_children() -> None:
    if sys.platform != "linux":
        return
    forking.fork_source()
    spawn_anew = Child.spawn

    def spawn(child: Child, *words: str) -> None:
        if not forking.spawn(child, *words):
            spawn_anew(child, *words)

    Child.spawn = spawn  # type: ignore[method-assign]


def main(said: str, cluster: str, module: str, *words: str) -> int:
    """In the process of the program."""
    if cluster:
        _copy_first(Path(cluster))
    _fork_children()
    sys.argv = [module, *words]
    with open(said, "w", buffering=1) as told, redirect_stdout(told):
        return int(importlib.import_module(module).main(list(words)))


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
