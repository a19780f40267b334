"""`manage.py prove`: from the command line to the exit status.

No Django here until the servers run: the settings need addresses and a key that are made first.
"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import sys
from types import FrameType

from embedded.errors import EmbeddedError
from embedded.prove import options as command_line
from embedded.prove.options import Options
from embedded.prove.own_stack import OwnStack
from embedded.prove.result import Result, own_versions
from embedded.prove.run import Proof
from embedded.prove.running_stack import RunningStack
from embedded.prove.scene import Stack

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED_SECONDS = 20.0  # to settle what was sent before the proof was interrupted
INTERRUPTED = 130  # exit status, as a shell gives it for Ctrl-C


def main(words: list[str]) -> int:
    """Run `manage.py prove WORDS`; the exit status."""
    options = command_line.read(words)
    _interrupt_on_signals()
    try:
        result = _prove(options)
    except EmbeddedError as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED  # before there was anything to tell
    _say(f"\n{result.table()}")
    if options.json:
        _say(json.dumps(result.as_dict()))
    if result.interrupted:
        return INTERRUPTED
    return 0 if result.holds else 1


def _prove(options: Options) -> Result:
    stack = _stack(options)
    proof = Proof(options, stack, _say)
    where = f", in {stack.folder}" if stack.folder else ""
    _say(f"seed {options.seed}, {options.faults} faults, {options.rate:g} messages/s{where}")
    try:
        if stack.what == "own":
            proof.result.versions |= own_versions()
        proof.run()
    except KeyboardInterrupt:
        _ignore_signals()
        proof.result.interrupted = True
        for part in stack.parts.values():
            part.thaw()
            with contextlib.suppress(EmbeddedError):
                if not part.pid:
                    part.start()
        proof.conclude(INTERRUPTED_SECONDS)
    finally:
        _ignore_signals()  # the end is bounded; do not cut it short
        proof.close()
    return proof.result


def _stack(options: Options) -> Stack:
    if options.running:
        return RunningStack()
    return OwnStack(
        random.Random(options.seed),  # noqa: S311 (repeatable)
        keep=options.keep,
        bridges=options.bridges,
        webs=options.webs,
    )


def _interrupt_on_signals() -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    for number in ENDING:
        signal.signal(number, interrupt)


def _ignore_signals() -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
