"""More than a password: codes of an app by the RFC, recovery codes, passkeys of a real browser."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from access import codes, factor, invitation, links
from access.factor import CodeApp, Passkey, RecoveryCode
from access.roles import Role
from access.tries import CODE, Tries
from dashboard.pages.second import WITHIN
from dashboard.tests.left_in_english import left_in_english
from dashboard.tests.test_every_page import complaints
from tests.browser import PASSWORD, chromium, forget, operator, page, patient, refused
from tests.web_process import WebProcess, web, web_process

__all__ = ["chromium", "operator", "page", "refused", "web", "web_process"]  # fixtures

RFC_SECRET = b"12345678901234567890"  # RFC 6238, appendix B
FACTORS = "/api/v1/account/factors/"
JSON = "application/json"


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_user("olga", password=PASSWORD)


def give_app(user: User) -> None:
    """As if set up long ago."""
    step = int(codes.database_now()) // codes.STEP
    assert codes.keep_app(user, RFC_SECRET, codes.code_at(RFC_SECRET, step))
    CodeApp.objects.update(last_step=0)


def code_now() -> str:
    return codes.code_at(RFC_SECRET, int(codes.database_now()) // codes.STEP)


def first_step(client: Client | None = None, to: str = "/pipeline/") -> Client:
    client = client or Client()
    form = {"username": "olga", "password": PASSWORD, "next": to}
    assert client.post("/login/", form)["Location"] == "/login/second/"
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
        (2000000000, "279037"), (20000000000, "353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_the_rfc_and_hold_a_step_longer_either_way(at: int, code: str):
    step = at // codes.STEP
    assert codes.code_at(RFC_SECRET, step) == code
    for now, found in ((at - 30, step), (at, step), (at + 30, step), (at + 60, None)):
        assert codes.matching_step(RFC_SECRET, code, now) == found
    assert codes.matching_step(RFC_SECRET, "٢٨٧٠٨٢", at) is None


def test_a_code_is_wanted_after_the_password_and_taken_once(olga: User):
    give_app(olga)
    here = first_step()
    assert not is_in(here), "nobody is signed in by half"
    assert b"not right" in here.post("/login/second/", {"code": "000000"}).content
    assert not is_in(here)
    code = code_now()
    answer = here.post("/login/second/", {"code": f" {code[:3]} {code[3:]} "})
    assert (answer.status_code, answer["Location"]) == (302, "/pipeline/")
    assert is_in(here)
    again = first_step()
    again.post("/login/second/", {"code": code})
    assert not is_in(again), "a code that was seen is worth nothing"
    assert Client().get("/login/second/")["Location"] == "/login/"


def test_the_second_step_is_worth_nothing_under_another_password(olga: User):
    give_app(olga)
    here = first_step()
    olga.set_password("another passphrase of the tests")
    olga.save()
    assert here.post("/login/second/", {"code": code_now()})["Location"] == "/login/"
    assert not is_in(here)


def test_codes_are_not_guessed_and_the_password_does_not_make_a_token(olga: User):
    give_app(olga)
    here = first_step()
    for _ in range(CODE.at_once):
        assert here.post("/login/second/", {"code": "000000"}).status_code == 200
    answer = first_step().post("/login/second/", {"code": code_now()})
    assert (answer.status_code, int(answer["Retry-After"]) > 0) == (429, True)
    words = base64.b64encode(f"olga:{PASSWORD}".encode()).decode()
    answer = Client().post("/api/v1/tokens/", headers={"authorization": f"Basic {words}"})
    assert answer.status_code == 401
    call_command("account", "unlock", "olga", stdout=StringIO())
    assert here.post("/login/second/", {"code": code_now()}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_one_code_at_the_same_instant_lets_one_in():
    olga = User.objects.create_user("olga")
    give_app(olga)
    (recovery, *_) = codes.new_recovery(olga)
    for code in (code_now(), recovery.upper()):

        def show(_: int, code: str = code) -> bool:
            try:
                return codes.is_right(olga, code)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(show, range(4))) == 1
        Tries.objects.all().delete()
    assert RecoveryCode.objects.count() == codes.RECOVERY_CODES - 1
    assert recovery.replace("-", "") not in str(list(RecoveryCode.objects.values_list()))
    assert base64.b32encode(RFC_SECRET).decode() not in CodeApp.objects.get().sealed


def test_factors_change_only_with_the_password_and_a_command_takes_them_away(olga: User):
    here = Client()
    here.post("/login/", {"username": "olga", "password": PASSWORD})
    secret = base64.b32decode(here.post(f"{FACTORS}app/begin/").json()["secret"])
    code = codes.code_at(secret, int(codes.database_now()) // codes.STEP)
    for body, status in (
        ({"code": code, "current": "wrong"}, 400),
        ({"code": "000000", "current": PASSWORD}, 400),
        ({"code": code, "current": PASSWORD}, 201),
        ({"code": code, "current": PASSWORD}, 400),
    ):
        answer = here.post(f"{FACTORS}app/", body, content_type=JSON)
        assert answer.status_code == status, answer.content
    assert here.get(FACTORS).json()["recovery"] == codes.RECOVERY_CODES
    assert here.delete(f"{FACTORS}app/", {"current": "x"}, content_type=JSON).status_code == 400
    call_command("account", "remove-factors", "olga", stdout=StringIO())
    assert not factor.has_any(olga)
    assert not RecoveryCode.objects.exists()
    assert is_in(here)


def test_where_one_is_required_it_is_set_up_before_anybody_is_in(olga: User, settings: Any):
    settings.SECOND_FACTOR = "ADMINISTRATORS"
    here = first_step()
    assert not is_in(here)
    shown = here.get("/login/second/")
    assert b"data:image/svg+xml" in shown.content
    secret = base64.b32decode(shown.context["secret"])
    code = codes.code_at(secret, int(codes.database_now()) // codes.STEP)
    assert b"not right" in here.post("/login/second/", {"code": "000000"}).content
    done = here.post("/login/second/", {"code": code})
    assert len(done.context["recovery"]) == codes.RECOVERY_CODES
    assert is_in(here)
    last = here.delete(f"{FACTORS}app/", {"current": PASSWORD}, content_type=JSON)
    assert last.status_code == 400, "and it is not given up"
    assert factor.has_any(olga)
    olga.grants.all().delete()
    assert not factor.is_required(olga)


def test_one_secret_is_never_shown_to_two(olga: User, settings: Any):
    """Who began to sign in at a browser and left it knew the secret of whoever came next."""
    settings.SECOND_FACTOR = "EVERYBODY"
    User.objects.create_user("eve", password=PASSWORD)
    here = Client()
    here.post("/login/", {"username": "eve", "password": PASSWORD})
    seen = here.get("/login/second/").context["secret"]
    first_step(here)
    assert here.get("/login/second/").context["secret"] != seen


def test_who_was_invited_needs_the_factor_as_well(db: None, settings: Any):
    settings.SECOND_FACTOR = "EVERYBODY"
    token, _ = invitation.make(None, Role.ADMINISTRATOR, None)
    here = Client()
    form = {"username": "olga", "password1": PASSWORD, "password2": PASSWORD}
    answer = here.post(f"/invitation/{token}/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/login/second/")
    assert not is_in(here)
    assert first_step(here).get("/login/second/").status_code == 200


def look_at_what_links_open(page: Page, settings: Any) -> None:
    """On a phone, light and dark; then in German."""
    token, _ = invitation.make(None, Role.VIEWER, None)
    for path in (f"/invitation/{token}/", reverse("reset", args=["MQ", "x"]), "/login/"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert complaints(page, theme) == [], (path, theme)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    look_at_them_in_german(page, settings)


def look_at_it_in_german(page: Page) -> None:
    """At what asks for more than a password; and go on in English."""
    page.set_extra_http_headers({"Accept-Language": "de-DE,de"})
    page.reload()
    assert page.evaluate("document.documentElement.lang") == "de"
    assert left_in_english(page, "de", set()) == []
    page.set_extra_http_headers({})
    page.reload()


def look_at_them_in_german(page: Page, settings: Any) -> None:
    """And at what asks for a link, of which the server at hand has no mail to send."""
    page.set_extra_http_headers({"Accept-Language": "de-DE,de"})
    token, _ = invitation.make(None, Role.VIEWER, None)
    valid = links.reset_path(User.objects.get(username="olga"))
    settings.EMAIL_HOST = "mail.plant.example"
    asks = Client().get("/forgotten/", headers={"accept-language": "de"}).content.decode()
    page.route("**/forgotten/", lambda route: route.fulfill(body=asks, content_type="text/html"))
    paths = ["/forgotten/", f"/invitation/{token}/", "/invitation/none/", valid]
    for path in [*paths, reverse("reset", args=["MQ", "x"]), "/login/"]:
        page.goto(path)
        assert page.evaluate("document.documentElement.lang") == "de", path
        assert left_in_english(page, "de", set()) == [], path


ACCOUNT = re.compile(r"^[^?]*/account/$")  # not the log-in, which is told to go there next


@pytest.mark.django_db(transaction=True)
def test_a_passkey_is_made_and_signs_in_and_a_copy_of_it_does_not(
    chromium: Browser, web: WebProcess, operator: User, settings: Any
):
    """With the authenticator that Chromium brings for tests: real keys, real signatures."""
    # Passkeys are of a name.
    url = web.url.replace("127.0.0.1", "localhost")
    context = patient(chromium, base_url=url, viewport={"width": 390, "height": 900})
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    key = devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True,
            }
        },
    )["authenticatorId"]  # fmt: skip
    page.goto("/login/?next=/account/")
    expect(page.locator("#passkey")).to_be_visible()
    page.fill("[name=username]", "olga")
    page.fill("[name=password]", PASSWORD)
    page.click("form .button.main")
    page.click("#add-passkey")
    page.fill("#form-dialog [name=name]", "My <i>phone</i>")
    page.fill("#form-dialog [name=current]", PASSWORD)
    page.click("#form-dialog >> text=Go on")
    expect(page.locator("#factors")).to_contain_text("My <i>phone</i>")
    expect(page.locator("#recovery-codes")).to_contain_text("-")
    kept = Passkey.objects.get()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert complaints(page, theme) == [], theme
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    forget(page)
    page.goto("/login/?next=/account/")
    page.fill("[name=username]", "olga")
    page.fill("[name=password]", PASSWORD)
    page.click("form .button.main")
    page.wait_for_url("**/login/second/")
    assert complaints(page) == []
    look_at_it_in_german(page)
    page.click("#passkey button")
    page.wait_for_url(ACCOUNT)
    # Alone, without name and password.
    forget(page)
    page.goto("/login/?next=/account/")
    page.click("#passkey button")
    page.wait_for_url(ACCOUNT)
    kept.refresh_from_db()
    assert kept.used_at is not None
    # A copy that counts on from before.
    Passkey.objects.update(uses=kept.uses + 100)
    forget(page)
    page.goto("/login/")
    page.click("#passkey button")
    expect(page.locator("#passkey .wrong")).to_contain_text("not known here")
    assert not any(
        each["name"] == "sessionid" and "account" in page.url for each in context.cookies()
    )
    # One whose finger is not the right one.
    devices.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.click("#passkey button")
    expect(page.locator("#passkey .wrong")).to_contain_text("No passkey was shown")
    look_at_what_links_open(page, settings)
    context.close()


@pytest.mark.django_db
@pytest.mark.parametrize("answer", [None, [], {}, {"id": "x"}, {"rawId": 1}, "x"])
def test_what_is_no_passkey_is_refused(answer: Any):
    here = Client()
    for begun in (False, True):
        if begun:
            here.post("/login/passkey/begin/")
        told = here.post("/login/passkey/", answer, content_type=JSON)
        assert told.status_code == 400
    assert here.post("/login/passkey/", "{", content_type=JSON).status_code == 400
    assert here.session.get_expiry_age() <= WITHIN, "and soon nothing is kept of it"
