"""One's own account over REST: the password, where one is signed in, when a token was used."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from access.models import SignIn, forget_ended
from access.tries import BROWSER
from devices.api import token_use

pytestmark = pytest.mark.django_db

PASSWORD, NEW = "a passphrase of the tests", "another passphrase of the tests"
SESSIONS, CHANGE = "/api/v1/account/sessions/", "/api/v1/account/password/"
TOKENS = "/api/v1/tokens/"


@pytest.fixture(autouse=True)
def forgetful() -> None:
    cache.clear()
    token_use._noted.clear()


@pytest.fixture
def olga() -> User:
    return User.objects.create_user("olga", password=PASSWORD)


def signed_in(name: str = "olga", browser: str = "Firefox/140") -> Client:
    client = Client(headers={"user-agent": browser})
    form = {"username": name, "password": PASSWORD}
    assert client.post("/login/", form).status_code == 302
    return client


def change(client: Client, current: str, new: str, **more: Any) -> Any:
    wanted = {"current": current, "new": new, **more}
    return client.post(CHANGE, wanted, content_type="application/json")


def take_token() -> None:
    words = base64.b64encode(f"olga:{PASSWORD}".encode()).decode()
    taken = APIClient().post(TOKENS, headers={"authorization": f"Basic {words}"})
    assert "token" in taken.json()


@pytest.mark.parametrize("log_in", [take_token, signed_in])
def test_a_log_in_elsewhere_ends_no_session_also_after_an_upgrade_of_django(
    olga: User, log_in: Callable[[], object]
) -> None:
    # Hashed by an earlier version of Django, with fewer rounds than this one takes.
    olga.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 8, iterations=2)
    olga.save()
    here = Client()
    here.force_login(olga)
    log_in()
    assert here.get(SESSIONS).status_code == 200


def test_one_sees_where_one_is_signed_in_and_ends_one_or_all_others(olga: User) -> None:
    User.objects.create_user("max", password=PASSWORD)
    stranger = signed_in("max")
    here, phone, work = signed_in(), signed_in(browser="Chrome/150"), signed_in()
    told = here.get(SESSIONS).json()["sessions"]
    assert [each["current"] for each in told].count(True) == 1
    assert {each["browser"] for each in told} == {"Firefox/140", "Chrome/150"}
    assert len(told) == 3
    assert all(each["address"] == "127.0.0.1" for each in told)
    text = str(told)
    assert not any(key in text for key in Session.objects.values_list("session_key", flat=True))
    (one,) = [each for each in told if each["browser"] == "Chrome/150"]
    assert stranger.delete(f"{SESSIONS}{one['id']}/").status_code == 404
    assert here.delete(f"{SESSIONS}{one['id']}/").status_code == 204
    assert phone.get("/").status_code == 302, "it is sent to the log-in"
    assert here.delete(f"{SESSIONS}{one['id']}/").status_code == 404
    assert here.delete(SESSIONS).json() == {"ended": 1}
    assert work.get("/").status_code == 302
    assert here.get("/").status_code == 200
    assert len(here.get(SESSIONS).json()["sessions"]) == 1
    assert stranger.get("/").status_code == 200


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(olga: User) -> None:
    here, there = signed_in(), signed_in()
    assert change(here, "wrong", NEW).json() == {"current": ["This is not your password."]}
    answer = change(here, PASSWORD, "short")
    assert (answer.status_code, list(answer.json())) == (400, ["new"])
    assert change(here, PASSWORD, NEW).status_code == 204
    assert here.get("/").status_code == 200
    # Not only once the other asks for something, which its key forbids.
    assert len(here.get(SESSIONS).json()["sessions"]) == 1
    assert there.get("/").status_code == 302
    olga.refresh_from_db()
    assert olga.check_password(NEW)


def holds(token: str) -> bool:
    api = APIClient(headers={"authorization": f"Bearer {token}"})
    return bool(api.get("/api/v1/sites/").status_code == 200)


def test_a_token_made_by_an_old_password_ends_with_it_unless_its_owner_keeps_it(
    olga: User,
) -> None:
    here = signed_in()
    made = here.post(TOKENS, {}, content_type="application/json").json()["token"]
    assert change(here, PASSWORD, NEW, keep_tokens=True).status_code == 204
    assert holds(made)
    assert change(here, NEW, PASSWORD).status_code == 204
    assert not holds(made)
    # Nor by any other way, such as the admin or a command.
    again = here.post(TOKENS, {}, content_type="application/json").json()["token"]
    assert holds(again)
    olga.refresh_from_db()
    olga.set_password(NEW)
    olga.save()
    assert not holds(again)


def test_guessing_the_password_of_an_open_session_is_slowed_down(olga: User) -> None:
    here = signed_in()
    for _ in range(BROWSER.at_once):
        assert change(here, "wrong", NEW).status_code == 400
    assert change(here, PASSWORD, NEW).status_code == 429
    olga.refresh_from_db()
    assert olga.check_password(PASSWORD)


def test_a_token_neither_changes_the_password_nor_ends_a_session(olga: User) -> None:
    made = signed_in().post("/api/v1/tokens/", {"name": "import"}, content_type="application/json")
    client = APIClient(headers={"authorization": f"Token {made.json()['token']}"})
    assert client.post(CHANGE, {"current": PASSWORD, "new": NEW}).status_code in (401, 403)
    assert client.get(SESSIONS).status_code in (401, 403)
    assert client.delete(SESSIONS).status_code in (401, 403)


def test_a_token_says_when_it_was_used_last(olga: User) -> None:
    here = signed_in()
    tokens = [
        here.post("/api/v1/tokens/", body, content_type="application/json").json()["token"]
        for body in ({"name": "import"}, {})
    ]
    assert {each["used"] for each in here.get("/api/v1/tokens/").json()["results"]} == {None}
    before = timezone.now() - timedelta(minutes=1)
    for token in tokens:
        client = APIClient(headers={"authorization": f"Token {token}"})
        assert client.get("/api/v1/sites/").status_code == 200
    told = here.get("/api/v1/tokens/").json()["results"]
    assert [each["name"] for each in told] == [None, "import"]  # the newest first
    assert all(each["used"] >= before.isoformat() for each in told)


def test_ended_sessions_are_forgotten_and_open_ones_stay(olga: User) -> None:
    here, _ = signed_in(), signed_in()
    Session.objects.exclude(pk=here.session.session_key).update(
        expire_date=timezone.now() - timedelta(seconds=1)
    )
    assert len(here.get(SESSIONS).json()["sessions"]) == 1
    assert forget_ended() == 1
    assert SignIn.objects.count() == Session.objects.count() == 1
    assert here.get("/").status_code == 200
