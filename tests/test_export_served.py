"""An export as Daphne serves it: no faster than it is read, whole or visibly broken, and given up
when nobody reads it."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from knox.models import AuthToken

from access.audit_entry import AuditEntry
from dashboard.tests.live_socket import make_cookie
from embedded.prove.process import peak_rss_mib
from telemetry.moments import from_ms
from telemetry.storage.backend import backend
from telemetry.tests.written import series, write
from tests.database_url import database_url
from tests.waiting import eventually
from tests.web_process import ROOT, WebProcess, serving

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

AT = 1_793_491_200_000  # 2026-11-01T00:00Z, ms
ROWS = 600_000  # 42 MB of CSV, several times what two sockets hold
KEPT = 25  # MiB that an export may add to the process
PATIENCE = 60.0  # seconds


@pytest.fixture
def web(transactional_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebProcess]:
    """One that keeps no session with the database: an export that waits is seen by its own."""
    with serving(tmp_path_factory.mktemp("web"), database_url()) as process:
        yield process


def fill(series_id: int) -> None:
    backend().make_days({from_ms(AT).date()})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reading SELECT %s, %s + n * interval '100 ms', n / 8.0"
            " FROM generate_series(0, %s - 1) AS n",
            [series_id, from_ms(AT), ROWS],
        )


def waits(process: WebProcess) -> bool:
    """The process has begun to read, and has not asked for more for a while."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
            " AND state = 'idle' AND state_change < clock_timestamp() - interval '1 s'",
            [process.name],
        )
        return cursor.fetchone() != (0,)


def asked(
    process: WebProcess, series_id: int, cookie: str, **more: str
) -> http.client.HTTPConnection:
    wire = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE)
    query = {"from": "2026-11-01", "to": "2026-11-02", "format": "csv", **more}
    words = "&".join(f"{name}={value}" for name, value in query.items())
    headers = {"Cookie": cookie, "Accept-Encoding": "identity"}
    wire.request("GET", f"/api/v1/readings/?series={series_id}&{words}", headers=headers)
    return wire


def test_an_export_keeps_step_with_its_client_and_breaks_where_it_fails(web: WebProcess) -> None:
    one = series()
    fill(one.pk)
    cookie = f"{settings.SESSION_COOKIE_NAME}={make_cookie()}"
    with closing(asked(web, one.pk, cookie, to="2026-11-01T00:01")) as wire:  # pyarrow is loaded
        assert wire.getresponse().read().count(b"\n") == 601

    before = peak_rss_mib(web.pid)
    with closing(asked(web, one.pk, cookie)) as wire:
        answer = wire.getresponse()
        eventually(lambda: waits(web), PATIENCE, what="it waits for its client")
        lines = 0
        while piece := answer.read(1 << 20):
            lines += piece.count(b"\n")
    assert lines == ROWS + 1
    assert peak_rss_mib(web.pid) - before < KEPT

    with closing(asked(web, one.pk, cookie)) as wire:
        answer = wire.getresponse()
        eventually(lambda: waits(web), PATIENCE, what="it waits for its client")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = %s",
                [web.name],
            )
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()

    theirs = f"{settings.SESSION_COOKIE_NAME}={make_cookie('ida')}"
    with closing(asked(web, one.pk, theirs)) as wire:
        answer = wire.getresponse()
        eventually(lambda: waits(web), PATIENCE, what="it waits for its client")
        Session.objects.get(pk=theirs.split("=")[1]).delete()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()

    with closing(asked(web, one.pk, cookie)) as wire:
        answer = wire.getresponse()
        eventually(lambda: waits(web), PATIENCE, what="it waits for its client")
        answer.close()
    eventually(web.is_at_rest, PATIENCE, what="it has given the export up")

    with closing(asked(web, one.pk, cookie, to="2026-11-01T00:01")) as wire:
        assert wire.getresponse().read().count(b"\n") == 601

    def ended() -> list[tuple[int, bool]]:
        entries = AuditEntry.objects.filter(action="export.ended").order_by("id")
        return [(each.after["rows"], each.after["whole"]) for each in entries if each.after]

    # Three ended early. Of the one whose database went it may be that nobody could write so.
    eventually(
        lambda: not all(whole for _, whole in ended()) and len(ended()) >= 5,
        PATIENCE,
        what=lambda: f"the ends of exports are recorded: {ended()}",
    )
    assert [rows for rows, whole in ended() if whole] == [600, ROWS, 600]
    assert all(rows < ROWS for rows, whole in ended() if not whole)
    began = AuditEntry.objects.filter(action="export.readings", kind="readings")
    assert began.count() == 6
    assert set(began.values_list("address", flat=True)) == {"127.0.0.1"}


SAID = re.compile(r"```(sh|python|r)\n(.*?)```", re.DOTALL)


def test_what_the_analysts_page_shows_gives_the_readings(web: WebProcess, tmp_path: Path) -> None:
    one = series("temperature", uid="freezer-1", unit="°C")
    write(one.pk, [(AT + n * 3_600_000, n / 8 - 21) for n in range(24)])
    total = sum(n / 8 - 21 for n in range(24))
    _, token = AuthToken.objects.create(User.objects.create(username="ana"))
    said = SAID.findall((ROOT / "docs" / "analysts.md").read_text())
    environment = {**os.environ, "BASE": f"{web.url}/api/v1", "TOKEN": token}

    def run(*words: str) -> str:
        done = subprocess.run(
            words,
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    (shell,) = (text for language, text in said if language == "sh")
    run("sh", "-ec", shell)
    (file,) = tmp_path.iterdir()
    assert file.name == "freezer-1-temperature-2026-11-01-to-2026-11-08.csv"
    assert len(file.read_text().splitlines()) == 25

    programs = [text for language, text in said if language == "python"]
    assert [name for name in ("pandas", "polars", "duckdb") if name in "".join(programs)] == [
        "pandas", "polars", "duckdb",
    ]  # fmt: skip
    told = "\nimport json; print(json.dumps([len(df), float(sum(df['value']))]))\n"
    printed = run(sys.executable, "-c", told.join([*programs, ""])).split("\n")
    found = [json.loads(line) for line in printed if line.startswith("[")]
    assert found == [[24, total]] * len(programs)

    (program,) = (text for language, text in said if language == "r")
    if shutil.which("Rscript"):
        told = "cat(nrow(df), sum(df$value), class(df$time)[1])"
        assert run("Rscript", "-e", program + told).split() == ["24", str(total), "POSIXct"]
    else:
        sys.stdout.write("no Rscript here: only the address of R's lines was asked\n")
        (address,) = re.findall(r'"(/readings/[^"]*)"', program)
        ask = urllib.request.Request(
            environment["BASE"] + address, headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(ask) as answer:
            assert answer.read().count(b"\n") == 25
