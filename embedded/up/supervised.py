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

from supervisor import supervisord


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


def main() -> None:
    sys.stdout = sys.stderr = Forgiving()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    supervisord.main(["-n", "-c", sys.argv[1]])


if __name__ == "__main__":
    main()
