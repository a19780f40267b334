"""Static files: small on the wire, kept for good, new at once."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.templatetags.static import static
from django.test import Client

from config.static_digest import static_digest

pytestmark = pytest.mark.django_db
Ask = Callable[..., HttpResponse]
SCRIPT = "dashboard/js/frame/frame.js"


@pytest.fixture
def ask(client: Client) -> Iterator[Ask]:
    """`ask(path, name=value)`; what was asked is closed afterwards."""
    answers = []

    def one(path: str, method: str = "get", **headers: str) -> HttpResponse:
        answers.append(
            getattr(client, method)(
                path, headers={k.replace("_", "-"): v for k, v in headers.items()}
            )
        )
        return answers[-1]

    yield one
    for answer in answers:
        answer.close()


def test_the_digest_is_another_when_any_file_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.js").write_text("1")
    (tmp_path / "y.css").write_text("2")
    first = static_digest(tmp_path)
    assert re.fullmatch("[0-9a-f]{12}", first)
    assert static_digest(tmp_path) == first
    (tmp_path / "y.css").write_text("3")
    second = static_digest(tmp_path)
    (tmp_path / "y.css").rename(tmp_path / "z.css")
    assert len({first, second, static_digest(tmp_path)}) == 3


def test_a_page_names_addresses_that_a_browser_keeps_for_good(
    ask: Ask,
) -> None:
    assert static(SCRIPT).startswith(settings.STATIC_URL)
    answer = ask(static(SCRIPT))
    assert answer["Cache-Control"] == "max-age=31536000, public, immutable"
    assert answer.getvalue() == Path(finders.find(SCRIPT)).read_bytes()


@pytest.mark.parametrize("before", ["/static/", "/static/0123456789ab/"])
def test_another_versions_address_is_served_and_not_kept(ask: Ask, before: str) -> None:
    """Of a page from before an upgrade, or of the other process of a rolling restart."""
    answer = ask(before + SCRIPT)
    assert answer.status_code == 200
    assert "immutable" not in answer["Cache-Control"]
    assert int(re.search(r"max-age=(\d+)", answer["Cache-Control"])[1]) <= 60


@pytest.mark.parametrize(
    ("accepts", "compressed"),
    [("gzip, deflate, br", True), ("GZIP;q=0.5", True), ("gzip;q=0", False), ("", False)],
)
def test_text_is_compressed_for_who_takes_it(ask: Ask, accepts: str, compressed: bool):
    whole = Path(finders.find(SCRIPT)).read_bytes()
    for _ in range(2):  # the second time from memory
        answer = ask(static(SCRIPT), accept_encoding=accepts)
        assert (answer.get("Content-Encoding") == "gzip") == compressed
        assert "Accept-Encoding" in answer["Vary"]
        sent = answer.getvalue()
        assert int(answer["Content-Length"]) == len(sent)
        assert (gzip.decompress(sent) if compressed else sent) == whole
    assert not compressed or len(sent) < len(whole) / 2


@pytest.mark.parametrize(
    "name", ["dashboard/vendor/inter-latin-5.3.0.woff2", "dashboard/favicon.svg"]
)
def test_what_would_not_shrink_is_sent_as_it_is(ask: Ask, name: str) -> None:
    answer = ask(static(name), accept_encoding="gzip")
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer
    assert "immutable" in answer["Cache-Control"]


def test_a_part_and_a_head_are_as_they_were(ask: Ask) -> None:
    part = ask(static(SCRIPT), accept_encoding="gzip", range="bytes=0-9")
    assert (part.status_code, len(part.getvalue())) == (206, 10)
    assert ask(static(SCRIPT), "head", accept_encoding="gzip").status_code == 200


def test_what_is_not_there_is_not_found(client: Client, db: None) -> None:
    for name in ("dashboard/js/none.js", "../settings.py", "%2e%2e/settings.py", ""):
        assert client.get(settings.STATIC_URL + name).status_code == 404


def test_an_answer_of_the_api_is_compressed(admin_client: Client) -> None:
    answer = admin_client.get("/api/v1/schema/", headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert b"openapi" in gzip.decompress(answer.content)[:200]
