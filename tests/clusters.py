"""Postgres clusters that are made once for a whole run, by whoever asks first, and copied.

initdb takes a second and all migrations three more: every worker, and every test with a Postgres of
its own, would pay for them. What is about a first start makes its cluster by itself.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from embedded.servers.account import unprivileged
from embedded.servers.child import Child
from embedded.servers.ports import free_port
from embedded.servers.postgres import Postgres
from embedded.up.data_folder import SHARED
from tests import forking

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "TEST_CLUSTERS"  # the folder of the run, which its workers inherit
MEMORY = Path("/dev/shm")
GROUP = Path("/sys/fs/cgroup")  # of a container, whose limit `MemAvailable` does not know
ROOM = 12 << 30  # bytes, several times what the servers of a whole run keep at once
# Nothing in such a database outlives the run, and little is ever in it. What its buffers take is
# what each session that ends has to give back.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
}


def open_folder() -> Path:
    """A temporary folder that the account the servers run as can enter; pytest's own is not. Beside
    the one of the run."""
    run = os.environ.get(VARIABLE)
    beside = Path(run).parent if run else _roomy_memory()
    folder = Path(tempfile.mkdtemp(prefix="pulseboard-test-", dir=beside))
    folder.chmod(0o755)
    return folder


def _roomy_memory() -> Path | None:
    """Where files are kept in memory, if there is much of it. A cluster is a thousand files, which
    takes a disk a third of a second of processor time to make and to remove."""
    try:
        told = Path("/proc/meminfo").read_text()
        free = [int(told.split("MemAvailable:")[1].split()[0]) * 1024]
        free.append(shutil.disk_usage(MEMORY).free)
        limit = GROUP / "memory.max"
        if limit.exists() and (most := limit.read_text().strip()) != "max":
            free.append(int(most) - int((GROUP / "memory.current").read_text()))
    except (OSError, IndexError, ValueError):
        return None
    return MEMORY if min(free) >= ROOM and os.access(MEMORY, os.W_OK) else None


def begin_run() -> Callable[[], None] | None:
    """Make the folder of the run; what removes it. None in a worker of a run, which has one."""
    if VARIABLE in os.environ:
        return None
    folder = open_folder()
    os.environ[VARIABLE] = str(folder)

    def end() -> None:
        del os.environ[VARIABLE]
        shutil.rmtree(folder, ignore_errors=True)

    return end


def empty() -> Path:
    """As initdb leaves it, with a database that has nothing in it."""
    return made("empty", lambda folder: Postgres(folder, free_port()).prepare())


def migrated() -> Path:
    """With all tables, and nothing in them."""
    return changed("migrated", empty, _give_tables)


def _give_tables(url: str) -> None:
    """And a password that is hashed once. To hash it as often as a weak one needs takes whoever
    signs in as long as the server takes for the rest, thousands of times in a run."""
    begin = "import gc; gc.set_threshold(50_000, 50, 1_000)"  # see embedded.up.database
    run = "from django.core.management import execute_from_command_line as run; run()"
    command = [sys.executable, "-c", f"{begin}; {run}", "migrate", "--verbosity", "0"]
    environment = {**_environment(url), "DJANGO_SETTINGS_MODULE": "config.settings"}
    # Not a fork: a run's first process has no other child that it would prepare to fork for.
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    with psycopg.connect(url) as session:
        session.execute("SET scram_iterations = 1")
        password = sql.Literal(session.info.password)
        session.execute(sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(password))


def changed(name: str, base: Callable[[], Path], change: Callable[[str], None]) -> Path:
    """A copy of another, to whose database at a URL something was done."""

    def make(folder: Path) -> None:
        copy(base(), folder)
        with serving(folder) as url:
            change(url)

    return made(name, make)


def copy(cluster: Path, folder: Path) -> None:
    """To a folder that is not there yet, for the account servers run as."""
    shutil.copytree(cluster, folder)
    if account := unprivileged():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.uid, account.gid)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    server = Postgres(folder, free_port(), settings=FAST)
    server.prepare()
    running = Child.of(server, folder / "log")
    try:
        yield running.start() and server.url
    finally:
        running.stop()
        (folder / "log").unlink(missing_ok=True)


def manage(url: str, *words: str) -> None:
    """A command of `manage.py` on a database, which must succeed."""
    done = forking.run([sys.executable, "manage.py", *words], _environment(url))
    assert done.returncode == 0, done.stdout


def _environment(url: str) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if name not in SHARED}
    return {
        **others,
        "DATABASE_URL": url,
        "PULSEBOARD_SECRET_KEY": "x" * 50,
        "PULSEBOARD_DATA": str(Path(os.environ[VARIABLE]) / "no up runs here"),
    }


def made(name: str, make: Callable[[Path], None]) -> Path:
    """A folder of the run, made by whoever asks first; the others wait for it."""
    folder = Path(os.environ[VARIABLE])
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name).exists():
            make(folder / f"{name}.half")
            (folder / f"{name}.half").rename(folder / name)
    return folder / name
