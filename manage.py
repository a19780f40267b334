#!/usr/bin/env python
"""Django's command line for Pulseboard, `up`, which starts everything, and `prove`."""

import gc
import os
import sys
from collections.abc import Callable

COLLECT_AFTER = 10_000  # objects; with Python's 700 it is a twelfth of the time of a start


def main() -> None:
    gc.set_threshold(COLLECT_AFTER)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed by `>&-`
            # Whatever the locale: what it cannot write becomes an escape, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    if sys.argv[1:2] == ["up"]:
        # Before Django: the settings need a key and addresses, which `up` makes.
        from config.env import adopt_files
        from embedded.up.command import main as up

        _take(adopt_files)
        sys.exit(up(sys.argv[2:]))
    if sys.argv[1:2] == ["prove"]:
        from embedded.prove.command import main as prove

        sys.exit(prove(sys.argv[2:]))
    from embedded.up.data_folder import adopt

    adopt()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError

    from access.audited.commands import carry_out

    try:
        carry_out(sys.argv, lambda: execute_from_command_line(sys.argv))
    except (ImproperlyConfigured, OperationalError) as exc:
        # A setting that is wrong, a database that is away: one line says it better than tracebacks.
        if "--traceback" in sys.argv:
            raise
        sys.stderr.write(f"manage.py {' '.join(sys.argv[1:2])}: {str(exc).strip()}\n")
        sys.exit(1)


def _take(adopt: Callable[[], None]) -> None:
    from django.core.exceptions import ImproperlyConfigured

    try:
        adopt()
    except ImproperlyConfigured as exc:
        sys.stderr.write(f"manage.py up: {exc}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
