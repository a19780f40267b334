"""`python -m firmware_sim`: see docs/simulator.md."""

from __future__ import annotations

import io
import json
import os
import resource
import sys
from collections.abc import Sequence

from firmware_sim.fleet import Identity, build_fleet
from firmware_sim.incidents import OPENING
from firmware_sim.options import TOKEN_VARIABLE, Options, parse
from firmware_sim.registration import Api, RegistrationError, register
from firmware_sim.report import as_table
from firmware_sim.simulation import Simulation

SPARE_FILES = 128  # descriptors besides one socket per device


def main(argv: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Whatever the locale: what it cannot write becomes an escape, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    options = parse(argv)
    fleet = build_fleet(
        options.devices,
        seed=options.seed,
        rate=options.rate,
        prefix=options.uid_prefix,
        sites=options.sites,
        speak=options.speak,
        guests=options.guests,
    )
    if options.describe:
        _say(json.dumps(describe(fleet, options.incidents), ensure_ascii=False, indent=2))
        return 0
    if not _allow_files(len(fleet) + SPARE_FILES):
        _complain(f"sim: {len(fleet)} devices need more open files than allowed (ulimit -Hn)")
        return 1
    if options.register:
        try:
            api = Api(options.register, os.environ.get(TOKEN_VARIABLE, ""))
            # What speaks a dialect shows up by itself.
            register(api, [one for one in fleet if one.dialect is None], say=_say)
        except RegistrationError as error:
            _complain(f"sim: registration failed: {error}")
            return 1
    if options.register_only:
        return 0
    return _run(fleet, options)


def describe(fleet: list[Identity], names: Sequence[str] = ()) -> dict[str, object]:
    """The fleet and the incidents of these names, as `--describe` prints them."""
    sites = {one.site.slug: one.site.name for one in fleet}
    return {
        "sites": [{"slug": slug, "name": name} for slug, name in sites.items()],
        "devices": [
            {
                **one.registration(),
                "series": one.series(),
                "incidents": [name for name in one.model.incidents if name in names],
                "opening": [
                    window._asdict()
                    for window in OPENING.get((one.model.kind, one.number), ())
                    if window.name in names
                ],
            }
            for one in fleet
        ],
    }


def _run(fleet: list[Identity], options: Options) -> int:
    report = Simulation(fleet, options).run()
    _say(as_table(report))
    if options.report is not None:
        text = json.dumps(report, ensure_ascii=False, indent=2)
        options.report.write_text(text + "\n", encoding="utf-8")
    return 0 if report["balanced"] else 1


def _allow_files(wanted: int) -> bool:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft != unlimited and soft < wanted:
        if hard != unlimited and hard < wanted:
            return False
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return True


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
