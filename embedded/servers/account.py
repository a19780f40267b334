"""Whom the servers run as when we are root, and where that account can reach.

Postgres refuses root. An account of its own would stay behind on the machine, so the one every
Unix has for this, `nobody`, is used; its folders are closed to others.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import EmbeddedError

ACCOUNT = "nobody"
SHARED_ROOT = Path("/var/lib/pulseboard")  # only for root, only when its own folder is out of reach


@dataclass(frozen=True, slots=True)
class Account:
    """An operating-system account."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The account to run servers as, or None when we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise EmbeddedError(
            f"Postgres does not run as root, and this machine has no account '{ACCOUNT}'.",
            "Run as an ordinary user, or set DATABASE_URL to a Postgres of your own.",
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_reach(account: Account, path: Path) -> bool:
    """Whether `account` may pass through every folder above `path`, and read `path` if it exists.

    Looks at mode bits, not access lists.
    """
    path = Path(os.path.abspath(path))
    if path.exists() and not _allows(account, path, read=True):
        return False
    return all(_allows(account, parent, read=False) for parent in path.parents if parent.exists())


def _allows(account: Account, path: Path, *, read: bool) -> bool:
    status = path.stat()
    needed = 0o5 if read else 0o1
    if status.st_uid == account.uid:
        return status.st_mode >> 6 & needed == needed
    if status.st_gid == account.gid:
        return status.st_mode >> 3 & needed == needed
    return status.st_mode & needed == needed


def own_folder(folder: Path, account: Account | None) -> Path:
    """Make `folder` for one server, owned by `account` and closed to others; return where it is.

    Where the account cannot reach it (a checkout under /root), the folder is made under
    `SHARED_ROOT` and `folder` becomes a link to it: opening /root to everyone, as the wheel's own
    starter does, is not ours to decide.
    """
    if account is None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.is_symlink() and not can_reach(account, folder):
        _move_within_reach(folder, account)
    place = folder.resolve()  # for a link whose target was deleted, where it shall be again
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chown(place, account.uid, account.gid)
    return place


def _move_within_reach(folder: Path, account: Account) -> None:
    place = SHARED_ROOT / f"{folder.name}-{secrets.token_hex(8)}"
    SHARED_ROOT.mkdir(parents=True, exist_ok=True)
    SHARED_ROOT.chmod(0o755)
    if folder.exists():  # the data folder was moved to where the account cannot follow
        shutil.move(folder, place)
        for path in (place, *place.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    folder.symlink_to(place)


def reachable_program(tree: Path, program: Path, account: Account | None) -> Path:
    """`program` (inside `tree`), or its twin in a copy of `tree` that `account` can execute."""
    if account is None or can_reach(account, program):
        return program
    copy = SHARED_ROOT / "programs" / f"{tree.name}-{int(program.stat().st_mtime)}"
    if not copy.exists():
        half = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
        shutil.copytree(tree, half, symlinks=True)
        for folder in (SHARED_ROOT, SHARED_ROOT / "programs", half):
            folder.chmod(0o755)
        try:
            half.rename(copy)
        except OSError:  # another start made it first
            shutil.rmtree(half)
    return copy / program.relative_to(tree)
