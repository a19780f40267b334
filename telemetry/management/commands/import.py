"""`manage.py import FILE…`: readings from files. docs/import.md."""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from telemetry.imports.errors import NotImported
from telemetry.imports.layout import TIME_UNITS_US, Options
from telemetry.imports.report import MAX_MISSING, Problem, Report
from telemetry.imports.running import Import, Progress

SHOWN_EVERY = 0.2  # seconds between two pictures of the bar; without a terminal 10
SHOWN_SELDOM = 10.0
BAR = 24  # characters
NICE = 5  # what comes in now goes first


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Store readings from files of CSV, Parquet, NDJSON or line protocol; see docs/import.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--format", default="", help="csv, parquet, ndjson, influx")
        for name, of in (
            ("time", "time"), ("device", "device"), ("metric", "metric, of a long table"),
            ("value", "value, of a long table"),
        ):  # fmt: skip
            parser.add_argument(f"--{name}", default="", help=f"the column of the {of}")
        parser.add_argument(
            "--columns", nargs="+", type=_pair, default=[], metavar="COLUMN=METRIC",
            help="columns of measurements, of a wide table; the others are left out",
        )  # fmt: skip
        parser.add_argument("--device-name", default="", help="the device all of it is of")
        parser.add_argument("--tz", default="", help="time zone of times that name none (UTC)")
        parser.add_argument("--unit", default="", help="unit of all new series")
        parser.add_argument("--time-unit", default="", choices=["", *TIME_UNITS_US])
        parser.add_argument("--separator", default="", help="between cells of CSV")
        parser.add_argument("--texts", action="store_true", help="keep what is no number as text")
        parser.add_argument("--register", action="store_true", help="register missing devices")
        parser.add_argument("--site", default="", help="where these stand, by its slug")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")
        parser.add_argument(
            "--keep-what-fits", action="store_true", help="leave out what retention would remove"
        )
        parser.add_argument("--again", action="store_true", help="even if it was imported before")
        parser.add_argument("--rejects", type=Path, help="CSV file of every line not stored")

    def handle(self, *_args: Any, **given: Any) -> None:
        options = Options(
            columns=dict(given["columns"]),
            **{
                name: given[name]
                for name in (
                    "format", "time", "device", "metric", "value", "device_name", "tz", "unit",
                    "time_unit", "separator", "texts", "register", "site", "keep_what_fits",
                )
            },
        )  # fmt: skip
        for path in given["files"]:
            if not path.is_file():
                raise CommandError(f"There is no file {path}.")
        os.nice(NICE)
        with ExitStack() as stack:
            rejects = None
            if given["rejects"]:
                file = stack.enter_context(given["rejects"].open("w", newline=""))
                rejects = csv.writer(file)
                rejects.writerow(("file", "line", "what", "why"))
            for path in given["files"]:
                try:
                    self._one(path, options, rejects, given)
                except NotImported as exc:
                    raise CommandError(f"{path}: {exc}") from exc
                except KeyboardInterrupt:
                    raise CommandError(f"{path}: stopped; the same command goes on.") from None

    def _one(self, path: Path, options: Options, rejects: Any, given: dict[str, Any]) -> None:
        bar = _Bar(path.name, self.stderr)
        work = Import(path, path.name, options, tell=bar.show)
        seen = work.survey()
        bar.end()
        if given["dry_run"]:
            self._told(path, seen, rejects)
            self._would(work)
            return
        report = Report()
        if rejects is not None:
            report.tell = lambda problem: rejects.writerow((path, *problem))
        row = work.write(again=given["again"], tell_all=report)
        bar.end()
        self.stdout.write(
            f"{path}: {report.readings} readings of {len(report.series)} series:"
            f" {report.stored} stored, {report.repeated} there before, {report.conflicts} in"
            f" conflict, {report.rejected} rejected, {report.too_old} too old."
        )
        self._problems(report.problems, row.counts)

    def _told(self, path: Path, seen: Report, rejects: Any) -> None:
        form = seen.form()
        self.stdout.write(
            f"{path}: {seen.rows} rows, {seen.readings} readings of {form['series']} series at"
            f" {form['devices']} devices, from {form['first']} to {form['last']};"
            f" {seen.rejected} rejected, {seen.too_old} older than {form['oldest_kept']}."
        )
        if seen.missing:
            names = ", ".join(sorted(seen.missing)[:MAX_MISSING])
            self.stdout.write(f"Not registered: {len(seen.missing)} devices: {names}")
        if rejects is not None:
            rejects.writerows((path, *problem) for problem in seen.problems)
        self._problems(seen.problems, seen.counts())

    def _would(self, work: Import) -> None:
        try:
            work.check()
        except NotImported as exc:
            self.stdout.write(f"It would not be imported: {exc}")
        else:
            self.stdout.write("Nothing was written: --dry-run.")

    def _problems(self, problems: list[Problem], counts: dict[str, int]) -> None:
        for problem in problems:
            self.stdout.write(f"  line {problem.line}: {problem.what}: {problem.why}")
        more = counts.get("rejected", 0) + counts.get("conflicts", 0) - len(problems)
        if problems and more > 0:
            self.stdout.write("  and more; --rejects FILE has all of them")


class _Bar:
    """One line on stderr that is written anew."""

    def __init__(self, name: str, out: Any) -> None:
        self._name, self._out = name, out
        self._is_terminal = sys.stderr.isatty()
        self._began = self._due = time.monotonic()
        self._from: int | None = None  # readings done when writing began

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.is_writing and self._from is None:
            self._from, self._began, self._due = progress.readings, now, now
        if now < self._due:
            return
        self._due = now + (SHOWN_EVERY if self._is_terminal else SHOWN_SELDOM)
        line = f"{self._name}: reading, {progress.readings} readings"
        if progress.is_writing and progress.readings_total:
            done = min(1.0, progress.readings / progress.readings_total)
            rate = (progress.readings - (self._from or 0)) / max(now - self._began, 1e-9)
            left = (progress.readings_total - progress.readings) / rate if rate > 0 else 0
            bar = "#" * int(done * BAR)
            line = f"{self._name}: [{bar:<{BAR}}] {done:4.0%} {rate:,.0f}/s, {left:,.0f} s left"
        self._out.write(
            f"\r{line:<79}" if self._is_terminal else line, ending="" if self._is_terminal else "\n"
        )

    def end(self) -> None:
        if self._is_terminal:
            self._out.write("")


def _pair(text: str) -> tuple[str, str]:
    column, sign, metric = text.partition("=")
    if not sign or not column or not metric:
        raise argparse.ArgumentTypeError(f"{text!r} is not COLUMN=METRIC")
    return column, metric
