"""`manage.py up`: everything on this machine, from nothing, until Ctrl-C.

No Django here: the settings need addresses and a key that are made first, and `up` lives as long as
all it started.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from embedded.errors import EmbeddedError
from embedded.servers import leftovers
from embedded.servers.claims import Claims
from embedded.up import options as command_line
from embedded.up.data_folder import DataFolder
from embedded.up.report import Screen
from embedded.up.run import Up

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        _ignore_signals()  # make and the terminal may send several; the first decides
        raise KeyboardInterrupt

    for number in ENDING:
        signal.signal(number, interrupt)
    yield


def _ignore_signals() -> None:
    """The end is bounded; it is not to be cut short."""
    # Not SIG_IGN: of one that came already Python would say that it ignores it, with a traceback.
    for number in ENDING:
        signal.signal(number, lambda *_: None)


def main(words: list[str]) -> int:
    """Run `manage.py up WORDS`; the exit status."""
    chosen = command_line.read(words)
    screen, claims = Screen(), Claims()
    try:
        with _interrupted_by_signals():
            data = DataFolder(chosen.data)
            with data.lock():
                if ended := leftovers.end(data.state().get("processes", [])):
                    screen.say(f"Ended what an earlier start left running: {ended}")
                Up(chosen, data, screen, claims).run(_ignore_signals)
    except EmbeddedError as exc:
        screen.complain(str(exc))
        return 1
    except OSError as exc:
        # A disk that is full, a folder that went: not ours to mend, and no bug to trace.
        screen.complain(f"Pulseboard cannot go on: {exc}")
        return 1
    except KeyboardInterrupt:
        screen.say("Everything has ended.")
    finally:
        claims.give_up()
    return 0
