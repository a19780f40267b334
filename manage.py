#!/usr/bin/env python
"""Django's command line for Pulseboard, `up`, which starts everything, and `prove`."""

import os
import sys


def main() -> None:
    if sys.argv[1:2] == ["up"]:
        # Before Django: the settings need a key and addresses, which `up` makes.
        from embedded.up.command import main as up

        sys.exit(up(sys.argv[2:]))
    if sys.argv[1:2] == ["prove"]:
        from embedded.prove.command import main as prove

        sys.exit(prove(sys.argv[2:]))
    from embedded.up.data_folder import adopt

    adopt()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
