"""The log in a real browser: written, found again after a lost line, paged back, read, handed over;
notes on charts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from access.scope import Scope
from devices.models import Device, Site
from shiftlog import writing
from shiftlog.models import Entry, Kind
from shiftlog.numbering import catch_up
from shiftlog.record import record
from telemetry.models import Series
from telemetry.moments import to_ms
from tests.browser import chromium, elsewhere, operator, page, refused, timers_last
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 160  # of the log that a page holds at most
AGAIN = 5_000  # ms after which a page tries again to save what it could not
# A module of the page as the page has it: its file is named for what is in it.
MODULE = """const module = (path) => import(performance.getEntriesByType("resource")
  .map(({ name }) => name).find((name) => name.includes(path)));"""
# Hears nothing more on its socket, as on a line that is lost before anybody knows.
DEAFEN = f"""async () => {{ {MODULE}
  (await module("/js/live/live.")).connection.socket.onmessage = () => {{}};
}}"""
HANG_UP = f"""async () => {{ {MODULE}
  (await module("/js/live/live.")).connection.socket.close();
}}"""
MARKS = f"""async () => {{ {MODULE}
  return (await module("/js/time/marks.")).marks.all()
    .filter(({{ kind }}) => kind === "note").map(({{ at, until, text }}) => [at, until, text]);
}}"""


@pytest.fixture
def mia(transactional_db: None) -> User:
    return get_user_model().objects.create_user("mia")


def say(by: User, text: str, **about: Any) -> Entry:
    draft = writing.Draft(text=text, client_id=uuid4(), **about)
    return elsewhere(lambda: writing.write(draft, by))[0]


def texts(page: Page) -> list[str]:
    found: list[str] = page.locator("#log .entries .entry .entry-body").all_inner_texts()
    return [text.strip() for text in found]


def live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")


def test_what_is_written_is_there_once_for_all_whatever_happens_to_the_line(page: Page, mia: User):
    pump = Device.objects.create(uid="pump-1", name="Pump 1")
    page.goto("/log/")
    live(page)
    page.keyboard.press("c")
    page.keyboard.type("Valve **closed** <img src=x onerror=alert(1)> #night @mi")
    expect(page.locator(".names li")).to_have_text("mia")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    said = page.locator("#log .entry.is-said")
    expect(said.locator("strong")).to_have_text("closed")
    expect(said.locator(".mention")).to_have_text("@mia")
    expect(said).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("#log img").count() == 0
    first = Entry.objects.get()
    assert (first.text[-4:], first.tags) == ("@mia", ["night"])

    say(mia, "And opened again.", thread=first)
    expect(page.locator("#log .replies")).to_have_text("1 reply")
    expect(page.locator("#log .answered")).to_contain_text("Valve closed")

    # Nothing of it is heard: some is new, one is changed, one is taken back.
    page.evaluate(DEAFEN)
    elsewhere(lambda: record("offline", "Pump 1 is offline.", device=pump))
    third = say(mia, "Whoever is near the pump, look.")
    elsewhere(lambda: writing.react(first.pk, Scope.of(mia), mia, "seen"))
    elsewhere(lambda: writing.delete(third.pk, Scope.of(mia), mia))
    assert page.locator("#log .entries .entry").count() == 2
    page.evaluate(HANG_UP)
    expect(page.locator("#log .entries .entry")).to_have_count(4)
    expect(page.locator("#log .entry-foot .chip").first).to_contain_text("Seen")
    assert [text.split("\n")[-1] for text in texts(page)][1:] == [
        "And opened again.",
        "Pump 1 is offline.",
        "Deleted by mia.",
    ]


def test_what_cannot_be_saved_is_kept_over_a_reload_and_saved_once(page: Page):
    timers_last(page, AGAIN)
    page.goto("/log/")
    live(page)
    # What cannot be saved is kept over a reload, as what is only begun is.
    refused.add("/api/v1/log/")
    page.route("**/api/v1/log/", lambda route: route.abort())
    page.fill("#log textarea", "The line is gone.")
    page.click("#log .composer .button.main")
    expect(page.locator(".unsent .is-failed")).to_contain_text("Not saved.")
    page.fill("#log textarea", "Half a sent")
    # The page tries once more as soon as its socket is open, and no more.
    with page.expect_event("requestfailed", lambda request: request.method == "POST"):
        page.reload()
    expect(page.locator(".unsent .is-failed")).to_contain_text("The line is gone.")
    expect(page.locator("#log textarea")).to_have_value("Half a sent")
    assert not Entry.objects.filter(text="The line is gone.").exists()
    page.unroute("**/api/v1/log/")
    page.locator(".unsent").get_by_role("button", name="Retry").click()
    expect(page.locator(".unsent .entry")).to_have_count(0)
    expect(page.locator("#log .entries .entry").last).to_contain_text("The line is gone.")
    assert Entry.objects.filter(text="The line is gone.").count() == 1

    # Edited where it stands; the tag narrows.
    page.locator("#log .entries .entry").last.locator("[data-act=more]").click()
    page.get_by_role("button", name="Edit").click()
    page.locator("#log .entry textarea").fill("The line is back. #line")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#log .entries .entry").last).to_contain_text("edited")
    page.locator("#log a.tag", has_text="#line").click()
    expect(page.locator("#log .entries .entry")).to_have_count(1)
    assert page.url.endswith("/log/?tag=line")


def test_the_log_goes_back_for_years_in_a_page_of_some_rows(page: Page, mia: User):
    hall = Site.objects.create(slug="hall", name="Hall")
    years = timezone.now() - timedelta(days=1_000)
    many = 420
    Entry.objects.bulk_create(
        Entry(kind=Kind.SAID, author=mia, author_name="mia", site=hall, text=f"No. {number}.")
        for number in range(many)
    )
    Entry.objects.filter(text="No. 0.").update(created_at=years)
    catch_up()
    page.goto("/log/?site=hall")
    expect(page.locator("#log .entries .entry").last).to_contain_text(f"No. {many - 1}.")
    seen: list[str] = []

    def up() -> bool:
        shown = texts(page)
        assert len(shown) == len(set(shown)) <= ROWS
        numbers = [int(text.removeprefix("No. ").removesuffix(".")) for text in shown]
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), numbers
        seen.extend(text for text in shown if text not in seen)
        page.locator("#log .log-box").evaluate("box => { box.scrollTop = 0; }")
        return len(seen) == many

    eventually(up, what="the first entry is reached and none is left out")
    expect(page.locator(".log-start")).to_have_text("The log begins here.")
    expect(page.locator(".entry-day").first).to_contain_text(str(years.year))
    # What comes meanwhile moves nothing, and is told of.
    top = page.locator("#log .entries .entry").first
    live(page)
    before = top.bounding_box()
    say(mia, "Just now.", site=hall)
    expect(page.locator(".log-newer")).to_have_text("1 new ↓")
    assert top.bounding_box() == before
    page.click(".log-newer")
    expect(page.locator("#log .entries .entry").last).to_contain_text("Just now.")
    assert page.locator("#log .entries .entry").count() <= ROWS
    # A time narrows it, as on every page; Back is the step before.
    page.fill(".time-field", f"{years:%Y-%m-%d}")
    page.keyboard.press("Enter")
    expect(page.locator("#log .entries .entry")).to_have_count(1)
    expect(page.locator("#log .entries .entry-body")).to_have_text("No. 0.")
    page.go_back()
    expect(page.locator(".time-field")).to_have_value("All times")
    expect(page.locator("#log .entries .entry").last).to_contain_text("Just now.")
    page.click(".presets [data-name='7d']")
    expect(page.locator(".time-field")).to_have_value("Last 7 d")
    assert page.url.endswith("/log/?site=hall&window=7d")


def test_a_page_counts_what_is_unread_and_shows_who_is_named_until_it_is_read(
    page: Page, mia: User, operator: User
):
    page.goto("/alerts/")
    live(page)
    bubble = page.locator("#log-count b")
    say(mia, "Somebody should look.")
    expect(bubble).to_have_text("1")
    say(mia, "I mean you, @olga.")
    expect(bubble).to_have_text("@2")
    page.keyboard.press("w")
    dialog = page.locator("dialog.write")
    dialog.locator("textarea").fill("This one")
    dialog.get_by_role("button", name="Write", exact=True).click()
    eventually(lambda: Entry.objects.filter(text="This one", view="/alerts/").exists())
    expect(dialog).to_be_hidden()
    page.keyboard.type("gl")
    page.wait_for_url("**/log/")
    expect(page.locator("#log .entry.names-me")).to_have_count(1)
    expect(page.locator("#log .attached")).to_have_attribute("href", "/alerts/")
    expect(page.locator(".entry-news + .entry")).to_contain_text("Somebody should look.")
    expect(page.locator("#log-count")).to_be_hidden()
    # The shift is handed over.
    page.keyboard.press("h")
    text = page.locator(".hand-over-text")
    expect(text).to_contain_text("mia: I mean you, @olga.")
    expect(text).to_contain_text("olga: This one")


def test_a_note_is_on_the_charts_of_the_device_for_everybody(page: Page, mia: User):
    hall = Site.objects.create(slug="hall", name="Hall")
    pump = Device.objects.create(uid="pump-1", name="Pump 1", site=hall)
    Series.objects.create(device=pump, metric="temperature", kind="gauge")
    now = timezone.now()
    start, stop = now - timedelta(minutes=9), now - timedelta(minutes=6)
    say(mia, "Filter **change**", device=pump, starts_at=start, ends_at=stop)
    page.goto("/devices/pump-1/")
    live(page)
    shown = [to_ms(start), to_ms(stop), "mia: Filter change"]
    eventually(lambda: page.evaluate(MARKS) == [shown])
    say(mia, "Power cut", starts_at=now - timedelta(minutes=3))
    say(mia, "At another site", site=Site.objects.create(slug="yard"), starts_at=now)
    say(mia, "No note", device=pump)
    later = [to_ms(now - timedelta(minutes=3)), None, "mia: Power cut"]
    eventually(lambda: page.evaluate(MARKS) == [shown, later])
    # Where the pointer is, `e` marks an instant.
    plot = page.locator(".plot").first
    plot.hover()
    page.keyboard.press("e")
    note = page.locator("dialog.write")
    page.keyboard.type("Noise")
    expect(note.locator("textarea")).to_have_value("Noise")
    note.get_by_label("About").select_option(label="Hall")
    note.get_by_role("button", name="Write", exact=True).click()
    eventually(lambda: "olga: Noise" in [text for _, _, text in page.evaluate(MARKS)])
    noise = Entry.objects.get(text="Noise")
    assert (noise.site, noise.device, noise.ends_at) == (hall, None, None)
    assert now - timedelta(minutes=15) < noise.starts_at < timezone.now()
    # Its thread is where one talks about it.
    page.locator("#device-log .entry", has_text="Filter change").get_by_role(
        "button", name="Reply"
    ).click()
    page.keyboard.type("Who has the old one?")
    page.keyboard.press("Enter")
    expect(page.locator(".thread-drawer .entries .entry")).to_have_count(2)
    reply = Entry.objects.get(text="Who has the old one?")
    assert reply.thread.text == "Filter **change**"
    assert reply.device == pump
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".thread-drawer")).to_be_hidden()
    expect(page.locator("#device-log .replies")).to_have_text("1 reply")
