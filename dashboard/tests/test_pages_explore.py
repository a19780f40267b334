"""The explore page: what is found, drawn, compared and summed up is what is stored; the search
behind it."""

from __future__ import annotations

import re
import time
from itertools import count
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from playwright.sync_api import Page, expect
from rest_framework.test import APIClient

from dashboard.tests.live_socket import insert
from devices.models import Device, Presence, Site
from telemetry.live import contract
from telemetry.models import Series
from telemetry.moments import from_ms
from telemetry.tests.written import mark_dirty
from tests.browser import announce, chromium, operator, page, refused, tell_until
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

MINUTE, QUARTER, DAY = 60_000, 900_000, 86_400_000


@pytest.fixture
def end() -> int:
    """Of the readings: two boilers at the harbour, a minute apart for an hour, now and a day
    before; a pump elsewhere."""
    last = time.time_ns() // 1_000_000 // MINUTE * MINUTE - 2 * DAY
    harbour = Site.objects.create(slug="harbour", name="Harbour plant")
    hot = [{"value": 30.0, "label": "Too hot", "op": "above"}]
    for number in range(2):
        boiler = Device.objects.create(
            uid=f"boiler-{number}", name=f"Boiler {number}", site=harbour, kind="boiler",
            tags=["heat"], expected_interval=60, metadata={"thresholds": {"temperature": hot}},
        )  # fmt: skip
        for metric, unit, value in (("temperature", "°C", 0.0), ("power", "W", 100.0)):
            series = Series.objects.create(device=boiler, metric=metric, unit=unit, precision=1)
            now = [(series.pk, last - each * MINUTE, value + number + each) for each in range(60)]
            was = [(series.pk, last - each * MINUTE - DAY, value - 5.0) for each in range(60)]
            insert(now + was)
    with connection.cursor() as cursor:
        for minute in range(60):
            mark_dirty(cursor, from_ms(last - minute * MINUTE))
    pump = Device.objects.create(uid="pump", name="Pump")
    Series.objects.create(device=pump, metric="temperature", unit="°C")
    return last


def search(query: str) -> Any:
    client = APIClient()
    user, _ = get_user_model().objects.get_or_create(username="olga")
    client.force_authenticate(user)
    answer = client.get(f"/api/v1/search/series/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_series_are_found_by_words_by_name_and_by_device(end: int):
    found = search("q=temperature harbour")
    names = [each["name"] for each in found["series"]]
    assert names == ["boiler-0.temperature", "boiler-1.temperature"]
    assert found["series"][0]["device"]["thresholds"][0]["value"] == 30.0
    assert found["series"][0]["device"]["lead"] == 0
    place = {"slug": "harbour", "name": "Harbour plant"}
    assert found["groups"] == [{"metric": "temperature", "site": place, "count": 2}]
    assert search("q=HEAT w")["total"] == 2  # a tag, and the unit of the power
    Presence.objects.create(device=Device.objects.get(uid="boiler-0"), clock_lead=5_000)
    assert search("name=boiler-0.power")["series"][0]["device"]["lead"] == 5_000
    Device.objects.filter(uid="boiler-1").update(removed_at="2026-01-01T00:00Z")
    asked = ["boiler-1.power", "boiler-0.power", "no.thing", "boiler-0.x", "pump.temperature"]
    found = search("&".join(f"name={name}" for name in asked))
    assert [each["name"] for each in found["series"]] == ["boiler-0.power", "pump.temperature"]
    assert {each["at"]: each["why"] for each in found["missing"]} == {
        0: "removed", 2: "device", 3: "metric",
    }  # fmt: skip
    assert search("device=boiler-0&limit=1")["total"] == 2


def drawn(page: Page) -> dict[str, list[list[float]]]:
    found: list[dict[str, Any]] = page.evaluate("window.pulseboard.charts")
    return {each["metric"]: each["points"] for each in found}


def charts(page: Page) -> int:
    return page.locator(".chart-card").count()


def test_series_are_found_laid_together_compared_and_kept_in_the_address(page: Page, end: int):
    first = end - 59 * MINUTE
    page.goto(f"/explore/?window=1h&from={first}&to={end + 1}")
    expect(page.locator("#starts button").first).to_be_visible()
    page.keyboard.press("i")
    page.keyboard.type("temperature harbour")
    expect(page.locator("#found .is-group")).to_have_count(1)
    page.locator("#found .is-group").click()
    expect(page.locator("#chosen li")).to_have_count(2)
    expect(page.locator("#found [aria-pressed=true]")).to_have_count(2)
    ids = list(Series.objects.filter(metric="temperature").order_by("device__uid")[:2])
    asked = f"series={ids[0].pk},{ids[1].pk}&from={first}&to={end + 1}&points=800"
    stored = page.request.get(f"/api/v1/readings/?{asked}").json()["series"]
    assert [len(each["points"]) for each in stored] == [60, 60]
    want = {f"{each['device']}.temperature": each["points"] for each in stored}
    eventually(lambda: drawn(page) == want, what="what is stored is drawn")
    assert charts(page) == 1
    row = page.locator("#figures tbody tr").first
    # From 59 to 0 in 59 minutes: 30 and below for 30 of them.
    expect(row.locator("td")).to_have_text(
        [
            "60", "0.0\u2009°C", "29.5\u2009°C", "59.0\u2009°C", "0.0\u2009°C", "29.01\u2009°C·h",
            "50.8\u2009%", "every reading",
        ]
    )  # fmt: skip
    # Buckets on the calendar, of any aggregate.
    page.select_option("#interval", "15m")
    page.select_option("#agg", "max")
    quarters: dict[int, float] = {}
    for at, value in stored[0]["points"]:
        quarters[at // QUARTER] = max(value, quarters.get(at // QUARTER, value))
    eventually(
        lambda: (
            [value for _, value in drawn(page)["boiler-0.temperature"]]
            == list(quarters.values())[-len(drawn(page)["boiler-0.temperature"]) :]
        ),
        what="the highest of each quarter",
    )
    expect(row.locator("td").last).to_contain_text("max of 15m")
    page.select_option("#interval", "")
    eventually(lambda: drawn(page) == want, what="every reading again")
    # A day before, at the same local time.
    page.select_option("#shift", "day")
    eventually(lambda: len(drawn(page).get("boiler-0.temperature −day", [])) == 60, what="before")
    assert set(map(tuple, drawn(page)["boiler-0.temperature −day"])) == {
        (end - each * MINUTE, -5.0) for each in range(60)
    }
    page.select_option("#look", "histogram")
    expect(page.locator("#look-said")).to_contain_text("Share of the readings")
    page.select_option("#look", "scatter")
    expect(page.locator("#look-said")).to_contain_text("Correlation 1")
    page.locator("#found-count").click()
    page.keyboard.press("o")
    eventually(lambda: charts(page) == 2, what="each its own")
    page.keyboard.press("2")
    eventually(lambda: charts(page) == 1, what="one is hidden")
    # The address is the whole view; a removed device is told, the others stay.
    Device.objects.filter(uid="boiler-1").update(removed_at="2026-01-01T00:00Z")
    page.reload()
    wrong = page.locator("#chosen .is-wrong")
    expect(wrong).to_contain_text("its device was deleted")
    eventually(
        lambda: drawn(page).get("boiler-0.temperature") == want["boiler-0.temperature"],
        what="the other stays",
    )
    assert page.locator("#shift").input_value() == "day"
    expect(page.locator("#look-title")).to_have_text("One against the other")
    wrong.get_by_role("button", name=re.compile("^Take")).click()
    expect(page.locator("#chosen li")).to_have_count(1)
    page.locator("#export summary").click()
    link = page.get_by_role("link", name="Every reading, as CSV")
    assert f"series={ids[0].pk}&from={first}" in str(link.get_attribute("href"))


def test_a_value_stamped_hours_ahead_is_no_headline(page: Page):
    """As on the fleet's and the device's page: it stayed "1, now" while the sensor said 21."""
    device = Device.objects.create(uid="fan", name="Fan", expected_interval=10)
    series = Series.objects.create(device=device, metric="temperature", precision=1)
    now, ahead = time.time_ns() // 1_000_000, 5 * 3_600_000
    insert([(series.pk, now - 1_000, 21.0), (series.pk, now + ahead, 1.0)])
    page.goto("/explore/?window=5m&s=fan.temperature")
    value = page.locator(".series-head .value")
    expect(value).to_have_text("21.0")
    numbers = count(1)

    def tell() -> None:
        at = time.time_ns() // 1_000_000
        points = [at + ahead, 2.0, at, 22.0]
        message = contract.readings("bridge-0", next(numbers), {series.pk: points})
        announce(contract.shard_group(device.pk), message)

    tell_until(tell, lambda: value.inner_text() == "22.0")


WIDE = """\
day,warm,wet
02.03.2026 10:00,20.5,40
02.03.2026 10:01,21.5,41
02.03.2026 10:02,broken,42
"""


def test_a_file_is_looked_at_corrected_imported_and_shown(page: Page, operator: str):
    """On a phone: what is wrong is said in words of the form, what is chosen is read at once."""
    refused.add("/api/v1/readings/import/")
    Device.objects.create(uid="roof", name="Roof")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/explore/")
    page.get_by_role("button", name="Import", exact=True).click()
    dialog = page.locator("#import-dialog")
    file = {"name": "noted.csv", "mimeType": "text/csv", "buffer": WIDE.encode()}
    dialog.locator("[name=file]").set_input_files(file)
    wrong = dialog.get_by_role("alert")
    expect(wrong).to_contain_text("Which column is the time? “Column of the time” names it")
    expect(wrong).to_be_in_viewport(ratio=1)
    dialog.locator("[name=time]").select_option("day")
    expect(wrong).to_contain_text("“All of it is of the device” names one for all")
    dialog.locator("[name=device_name]").fill("attic")
    dialog.locator("[name=tz]").fill("Europe/Berlin")
    dialog.locator("[name=unit]").fill("u")
    expect(wrong).to_contain_text("No such device: attic")
    expect(wrong).to_be_in_viewport(ratio=1)  # beside the field that was filled in last
    expect(dialog.locator("#import-missing")).to_have_text("1 device is not registered: attic")
    start = dialog.locator("#import-start")
    expect(start).to_be_disabled()
    dialog.locator("[name=device_name]").fill("roof")
    dialog.locator("[name=tz]").focus()
    expect(start).to_be_enabled()
    expect(wrong).to_be_hidden()
    expect(dialog.locator("#import-sample tr")).to_have_count(5)
    first = dialog.locator("#import-sample tr").first.locator("td")
    expect(first.nth(1)).to_contain_text("2026-03-02 09:00:00 +00:00")
    expect(first.nth(4)).to_contain_text("20.5")
    expect(dialog.locator("#import-problems-count")).to_have_text("1 value is left out")
    dialog.locator("summary").click()
    expect(dialog.locator("#import-problems-list")).to_contain_text("Line 4: no number: 'broken'")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert Series.objects.count() == 0
    start.click()
    said = dialog.locator("#import-said")
    expect(said).to_have_text("5 readings are stored · 1 value is left out.")
    assert set(Series.objects.values_list("metric", "unit")) == {("warm", "u"), ("wet", "u")}
    dialog.get_by_role("button", name="Show on the chart").click()
    expect(page.locator("#chosen li")).to_have_count(2)
    noon = 1_772_442_000_000
    eventually(
        lambda: drawn(page).get("roof.warm") == [[noon, 20.5], [noon + MINUTE, 21.5]],
        what="what was imported is drawn",
    )
