"""supervisord in the foreground, ending when whoever started it is gone.

`python -m embedded.up.supervised CONFIGURATION`: standard input is a pipe the parent keeps open.
When it closes, even because the parent was killed with -9, everything is ended in order.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from typing import Any

from supervisor import supervisord
from supervisor.options import ServerOptions

from embedded.up import forked


class Forgiving(io.TextIOBase):
    """The pipe to the parent. Once nobody reads it, supervisord must still end things in order,
    and a broken pipe in its log would end it at once, leaving everything it runs behind.
    """

    def write(self, text: str) -> int:
        with contextlib.suppress(BrokenPipeError):
            data = text.encode()
            while data:
                data = data[os.write(1, data) :]
        return len(text)


def _end_with_parent() -> None:
    os.read(0, 1)  # returns only at the end of the pipe: nobody writes to it
    os.kill(os.getpid(), signal.SIGTERM)


def for_servers(environment: dict[str, str]) -> dict[str, str]:
    """What a server that is not ours is given: none of our secrets. As root it runs as an account
    that others have as well, and of an account's process all its others may read them."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("PULSEBOARD_") and not name.endswith(("_URL", "_URL_FILE"))
    }


class Forking(ServerOptions):
    """Runs our own programs in the fork that it makes for each, in place of starting Python anew.

    What is shared is imported when the first of them starts, and the servers have by then.
    """

    def check_execv_args(self, filename: str, argv: list[str], found: Any) -> None:
        super().check_execv_args(filename, argv, found)
        self._is_forked = False
        if forked.is_ours(argv):
            try:
                self._is_forked = forked.load()
            except Exception as exc:  # noqa: BLE001 (the program will say so itself, in its log)
                self.logger.warn(f"each program imports for itself what all share: {exc!r}")

    def execve(self, filename: str, argv: list[str], environment: dict[str, str]) -> None:
        if self._is_forked:
            forked.run(argv, environment)
        if argv[0] != sys.executable:
            environment = for_servers(environment)
        super().execve(filename, argv, environment)


def main() -> None:
    supervisord.ServerOptions = Forking
    sys.stdout = sys.stderr = Forgiving()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    supervisord.main(["-n", "-c", sys.argv[1]])


if __name__ == "__main__":
    main()
