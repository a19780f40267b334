"""The option `--probe` of the commands that run until they are told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from django.core.management.base import CommandError, CommandParser
from prometheus_client import CollectorRegistry, ProcessCollector

from telemetry.workers.probe import Probe, Readiness, parse_address
from telemetry.workers.vitals import ThreadCollector


def add_option(parser: CommandParser) -> None:
    parser.add_argument(
        "--probe",
        metavar="HOST:PORT",
        help="Serve /metrics, /healthz and /readyz there.",
    )


def of_process(*counted: CollectorRegistry) -> CollectorRegistry:
    """These, beside what is counted of the process and of its threads."""
    made = CollectorRegistry()
    made.register(ThreadCollector())
    ProcessCollector(registry=made)
    for registry in counted:
        made.register(registry)
    return made


@contextmanager
def probing(
    address: str | None, registry: Callable[[], CollectorRegistry], ready: Readiness
) -> Iterator[None]:
    """Serve them meanwhile; nothing without an address."""
    if not address:
        yield
        return
    try:
        probe = Probe(parse_address(address), registry(), ready)
    except (OSError, ValueError) as exc:
        raise CommandError(f"--probe {address}: {exc}") from exc
    with closing(probe):
        yield
