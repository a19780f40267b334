"""One's account in a real browser: the password, sessions, API tokens."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from tests.browser import PASSWORD, USERNAME, chromium, operator, page, refused
from tests.web_process import WebProcess, web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)
NEW = "another passphrase of the tests"


def test_password_sessions_and_tokens(page: Page, web: WebProcess, operator: User):
    elsewhere = Client()
    elsewhere.post("/login/", {"username": USERNAME, "password": PASSWORD})
    elsewhere.get("/")
    refused.add("/api/v1/account/password/")  # a password that is too short
    page.goto("/account/")
    expect(page.locator("#sessions li")).to_have_count(2)
    expect(page.locator("#sessions li", has_text="this one")).to_contain_text("Chrome on Linux")
    page.click("#sessions >> text=End")
    expect(page.locator("#sessions li")).to_have_count(1)
    assert elsewhere.get("/").status_code == 302
    page.click("#new-token")
    page.fill("#form-dialog [name=name]", "nightly <i>import</i>")
    page.click("#form-dialog >> text=Create")
    expect(page.locator("#token-text")).to_contain_text("pb_")
    token = page.locator("#token-text").inner_text()
    expect(page.locator("#tokens li")).to_contain_text("nightly <i>import</i>")
    expect(page.locator("#tokens li")).to_contain_text("never used")
    headers = {"authorization": f"Bearer {token}"}
    assert Client().get("/api/v1/sites/", headers=headers).status_code == 200
    page.reload()
    expect(page.locator("#tokens li")).to_contain_text("used now")
    expect(page.locator("#token-once")).to_be_hidden()
    page.click("#tokens >> text=Revoke")
    page.fill("#form-dialog [name=typed]", token[:8])
    page.click("#form-dialog footer >> text=Revoke")
    expect(page.locator("#tokens-none")).to_be_visible()
    expect(page.locator("#form-dialog")).to_be_hidden()  # it was, before the list was read again
    assert Client().get("/api/v1/sites/", headers=headers).status_code == 401
    for new, again, said in (
        (NEW, "x", "not the same"),
        ("short", "short", "too short"),
        (NEW, NEW, ""),
    ):
        page.fill("[name=current]", PASSWORD)
        page.fill("[name=new]", new)
        page.fill("[name=again]", again)
        page.click("#password-save")
        if said:
            expect(page.locator("#password-form .error")).to_contain_text(said)
    expect(page.locator("#password-said")).to_contain_text("The password is changed")
    operator.refresh_from_db()
    assert operator.check_password(NEW)
    page.reload()
    expect(page.locator("#sessions li")).to_have_count(1)
