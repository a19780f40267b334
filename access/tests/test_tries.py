"""Guessing is slowed down: in any process, from anywhere; and it keeps nobody out for ever."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client, RequestFactory

from access import tries
from access.acting import address_of
from access.passwords import LastingHasher
from access.tries import ADDRESS, BROWSER, HERE, TooManyTries, Tries

PASSWORD = "a passphrase of the tests"
TOKENS = "/api/v1/tokens/"


@pytest.fixture
def olga(db: None, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_user("olga", password=PASSWORD)


def log_in(name: str = "olga", password: str = "wrong", client: Client | None = None, **more: Any):
    form = {"username": name, "password": password}
    return (client or Client()).post("/login/", form, **more)


def basic(name: str, password: str) -> Any:
    words = base64.b64encode(f"{name}:{password}".encode()).decode()
    return Client().post(TOKENS, headers={"authorization": f"Basic {words}"})


def later(seconds: float) -> None:
    Tries.objects.update(full_until=F("full_until") - timedelta(seconds=seconds))


def fail(times: int, **more: Any) -> None:
    for _ in range(times):
        assert log_in(**more).status_code == 200


def test_an_account_waits_after_some_wrong_passwords_and_is_told_how_long(olga: User):
    fail(HERE.at_once)
    answer = log_in(password=PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= HERE.every
    assert b"Too many tries. You may try again in " in answer.content
    later(HERE.every)
    assert log_in(password=PASSWORD).status_code == 302
    assert log_in(password=PASSWORD).status_code == 302, "who succeeds uses nothing up"


def test_who_is_refused_does_not_wait_longer_for_trying_on(olga: User):
    fail(HERE.at_once)
    for _ in range(20):
        assert log_in().status_code == 429
    later(HERE.every)
    assert log_in(password=PASSWORD).status_code == 302


@pytest.mark.parametrize("name", ["olga", "nobody"])
def test_an_account_that_there_is_is_answered_as_one_that_there_is_not(olga: User, name: str):
    said = [log_in(name) for _ in range(HERE.at_once + 1)]
    assert [each.status_code for each in said] == [200] * HERE.at_once + [429]
    token = b"csrfmiddlewaretoken"
    assert token in said[-1].content
    assert b"match an active account" in said[0].content


def test_every_way_in_counts_alike(olga: User):
    fail(HERE.at_once - 1)
    assert basic("olga", "wrong").status_code == 401
    refused = basic("olga", PASSWORD)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert log_in(password=PASSWORD).status_code == 429
    admin = Client().get("/admin/login/?next=/admin/")
    assert (admin.status_code, admin["Location"]) == (302, "/login/?next=%2Fadmin%2F")
    assert Client().post("/admin/login/", {"username": "olga"}).status_code == 405
    here = Client()
    here.force_login(olga)
    assert here.get("/admin/", follow=True).status_code == 403, "signed in, and no staff: no circle"


def test_an_address_waits_that_tries_many_accounts_and_no_other_does(olga: User):
    User.objects.create_user("mallory", password=PASSWORD)
    for number in range(ADDRESS.at_once):
        assert log_in(f"name-{number}").status_code == 200
        if number % 10 == 0:  # a success of one's own empties nothing
            assert log_in("mallory", PASSWORD).status_code == 302
    assert log_in(password=PASSWORD).status_code == 429
    assert log_in(password=PASSWORD, REMOTE_ADDR="198.51.100.7").status_code == 302
    call_command("account", "unlock", "127.0.0.1")
    assert log_in(password=PASSWORD).status_code == 302


def test_a_house_with_many_addresses_is_one(olga: User):
    for number in range(HERE.at_once):
        fail(1, REMOTE_ADDR=f"2001:db8:1:2::{number + 1}")
    assert log_in(REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert log_in(REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_others_cannot_keep_somebody_out_of_the_browser_they_use(olga: User):
    here = Client()
    assert log_in(password=PASSWORD, client=here).status_code == 302
    here.cookies.pop("sessionid")
    for number in range(tries.ACCOUNT.at_once):
        fail(1, REMOTE_ADDR=f"192.0.2.{number}")
    fail(HERE.at_once, REMOTE_ADDR="127.0.0.1", name="max")
    stranger = log_in(password=PASSWORD, REMOTE_ADDR="203.0.113.9")
    assert stranger.status_code == 429
    assert log_in(password=PASSWORD, client=here).status_code == 302
    here.cookies.pop("sessionid")
    assert log_in("max", PASSWORD, client=here).status_code == 429, "it is olga's alone"
    for _ in range(BROWSER.at_once):
        assert log_in(client=here).status_code == 200
    assert log_in(password=PASSWORD, client=here).status_code == 429, "and no way round"
    call_command("account", "unlock", "olga")
    assert log_in(password=PASSWORD, client=here).status_code == 302


@pytest.mark.parametrize("forged", ["", "x", "WyJvbGdhIiwiYSJd:1:x", "ÿ"])
def test_a_browser_cannot_name_itself(olga: User, forged: str):
    fail(HERE.at_once)
    here = Client()
    here.cookies["pulseboard_seen"] = forged
    assert log_in(password=PASSWORD, client=here).status_code == 429


@pytest.mark.parametrize("step", [timedelta(days=-400), timedelta(days=400)])
def test_a_clock_that_is_set_holds_nobody_up_for_longer_than_a_full_bucket(olga: User, step: Any):
    fail(HERE.at_once)
    Tries.objects.update(full_until=F("full_until") - step)
    answer = log_in(password=PASSWORD)
    if step > timedelta():
        assert answer.status_code == 302
    else:
        assert int(answer["Retry-After"]) <= max(HERE.every, tries.ACCOUNT.every, ADDRESS.every)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_no_more_than_one_after_the_other():
    filled = tries.buckets("olga", "192.0.2.1")

    def attempt(_: int) -> bool:
        try:
            tries.take(filled)
        except TooManyTries:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as threads:
        passed = list(threads.map(attempt, range(24)))
    assert sum(passed) == HERE.at_once


@pytest.mark.django_db
def test_empty_buckets_are_forgotten_and_full_ones_stay():
    for name in ("olga", "max"):
        tries.take(tries.buckets(name, "192.0.2.1"))
    Tries.objects.filter(key__startswith="here").update(full_until=Now())
    assert tries.forget_empty() == 2
    assert Tries.objects.count() == 3


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", "192.0.2.1"),  # whoever asks us directly says nothing
        ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("::ffff:127.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "10.9.9.9, 203.0.113.5", "203.0.113.5"),  # the first is the client's own word
        ("127.0.0.1", "203.0.113.5, 10.0.0.2", "203.0.113.5"),  # by way of another proxy of ours
        ("127.0.0.1", "spoofed, 10.0.0.2", "10.0.0.2"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("", "203.0.113.5", "203.0.113.5"),  # by a socket of the file system
        ("", "", None),
    ],
)
def test_a_proxy_of_ours_alone_says_where_a_request_comes_from(
    settings: Any, peer: str, said: str, address: str | None
):
    settings.PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/24")]
    request = RequestFactory().get("/", REMOTE_ADDR=peer)
    request.META["HTTP_X_FORWARDED_FOR"] = said
    assert address_of(request) == address
    settings.PROXIES = []
    assert address_of(request) in (peer or None, "127.0.0.1")


def test_a_wrong_password_takes_as_many_rounds_as_a_name_that_nobody_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also of an account whose password an older version of Django stored."""
    monkeypatch.setattr(LastingHasher, "iterations", 10)
    hasher = LastingHasher()
    old = hasher.encode("a-long-password-1", "salt", hasher.iterations // 2)
    rounds: list[int] = []
    encode = PBKDF2PasswordHasher.encode

    def counted(self: LastingHasher, password: str, salt: str, iterations: int = 0) -> str:
        rounds.append(iterations or self.iterations)
        return str(encode(self, password, salt, iterations or None))

    monkeypatch.setattr(LastingHasher, "encode", counted)
    assert not check_password("wrong", old, preferred=hasher)
    assert rounds == [5, 5]
