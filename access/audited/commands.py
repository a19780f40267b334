"""Commands at the machine that change or give out what is stored: by whose account, with what."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable, Sequence
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

logger = logging.getLogger(__name__)

# What `createsuperuser` and `changepassword` do is recorded where accounts are (`people`).
WHEN_DONE = {
    "backup", "broker", "certificates", "dumpdata", "flush", "import", "loaddata",
    "ready_made_rules", "replay", "restore", "timescale", "unpack",
}  # fmt: skip
AT_START = {"dbshell", "shell"}  # nobody knows what is done there
# Those that serve, look, bring tables up to date, or whose rows tell of themselves.
UNTOLD = {"account", "bootstrap", "maintain", "runbridge", "runengine"}


def carry_out(words: Sequence[str], run: Callable[[], None]) -> None:
    """Run a command line and record it. Raises what `run` raises."""
    name = words[1] if len(words) > 1 else ""
    if name in AT_START:
        _record(name, words)
    try:
        run()
    except BaseException as exc:
        if name in WHEN_DONE and not (isinstance(exc, SystemExit) and not exc.code):
            _record(name, words, failed=True)
        raise
    if name in WHEN_DONE:
        _record(name, words)


def _record(name: str, words: Sequence[str], *, failed: bool = False) -> None:
    try:
        django.setup()  # of a shell nobody has done it yet
        from access import audit  # noqa: PLC0415  (needs the models)

        of = audit.Of("command", label=name)
        hidden = [audit.HIDDEN if audit.SECRET.search(word.lower()) else word for word in words[2:]]
        facts: dict[str, Any] = {"account": getpass.getuser(), "arguments": hidden}
        audit.record(
            None, f"command.{name}", of, after=facts | ({"failed": True} if failed else {})
        )
    except (DatabaseError, ImproperlyConfigured) as exc:  # the command may be what mends it
        logger.error("not in the audit log: %s", exc, extra={"action": "audit_lost"})
