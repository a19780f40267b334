"""An answer that comes late is not shown over what was asked since."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from access import audit
from access.audit import Of
from alerts.tests.made import make_alert
from dashboard.tests.test_pages_notifications import told
from devices import clock
from notifications.models import Decision
from tests.browser import chromium, operator, page
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "told", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

# The next answer to a path that has `late.of` in it is kept back until `late.come()`.
HOLD = """(() => {
  const real = window.fetch;
  window.late = { of: "", come: null };
  window.fetch = async (path, options) => {
    if (!window.late.of || !String(path).includes(window.late.of)) return real(path, options);
    window.late.of = "";
    const { status, headers, text } = await real(path, options).then(async (found) =>
      ({ status: found.status, headers: found.headers, text: await found.text() }));
    await new Promise((go) => { window.late.come = go; });
    return new Response(text, { status, headers });
  };
})()"""
# It comes, and is taken.
COME = """async () => {
  window.late.come();
  for (let i = 0; i < 5; i += 1) await new Promise((go) => setTimeout(go));
}"""


def hold(page: Page, path: str) -> None:
    page.evaluate("(of) => { window.late = { of, come: null }; }", path)


def is_held(page: Page) -> None:
    eventually(lambda: page.evaluate("window.late.come !== null"), what="the first is answered")


def narrowed_twice(page: Page, path: str, field: str, rows: str, words: dict[str, str]) -> None:
    """By one word, whose answer comes late, then by another. Of each: what its row says."""
    wanted = page.locator(field)
    is_choice = wanted.evaluate("(field) => field.tagName === 'SELECT'")
    (first, _), (second, said) = words.items()
    hold(page, path)
    for word in (first, second):
        if is_choice:
            wanted.select_option(word)
        else:
            wanted.fill(word)
        if word == first:
            is_held(page)
    found = page.locator(rows)
    expect(found).to_have_count(1)
    expect(found).to_contain_text(said)
    page.evaluate(COME)
    assert [said in text for text in found.all_inner_texts()] == [True]


def test_a_page_shows_what_it_is_asked_now(page: Page, told: Decision) -> None:
    for each in ("pump", "boiler"):
        audit.record("bridge", "device.registered", Of("device", each, each))
        make_alert(each, cleared_at=clock.now())
    page.add_init_script(HOLD)
    named = {"pump": "ump", "boiler": "oiler"}

    page.goto("/notifications/?tab=log")
    expect(page.locator("#log > li")).to_have_count(2)
    why = {"now": "olga", "quiet": "max"}
    narrowed_twice(page, "/notifications/decisions/", "#log-filter [name=why]", "#log > li", why)

    page.goto("/audit/")
    expect(page.locator("#entries > li").nth(1)).to_be_visible()
    narrowed_twice(page, "/api/v1/audit/", "#search", "#entries > li", named)

    page.goto("/explore/")
    expect(page.locator("#found .found").nth(1)).to_be_visible()
    narrowed_twice(page, "/search/series/", "#find", "#found .found", named)

    page.goto("/alerts/?tab=past")
    expect(page.locator(".alert-row")).to_have_count(2)
    narrowed_twice(page, "state=past", "#search", ".alert-row", named)
    expect(page.locator("#statistics")).to_be_visible()
    page.locator("[data-tab=open]").click()
    hold(page, "/alerts/statistics/")
    page.locator("[data-tab=past]").click()
    is_held(page)
    page.locator("[data-tab=acknowledged]").click()
    page.evaluate(COME)
    expect(page.locator("#statistics")).to_be_hidden()
