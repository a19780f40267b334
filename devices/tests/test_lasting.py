"""An answer that takes long is given while whoever asked may ask, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import RequestFactory
from knox.models import AuthToken
from rest_framework.request import Request

from access.roles import Role
from devices import clock
from devices.api import lasting
from devices.api.lasting import Right, RightEnded
from devices.models import Site
from tests.granted import may

pytestmark = pytest.mark.django_db


class Case(NamedTuple):
    user: User
    near: Site
    token: AuthToken


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setattr(lasting, "LOOK_EVERY", 0.0)
    near = Site.objects.create(slug="near", name="near")
    user = may(User.objects.create_user("vera"), (Role.OPERATOR, near))
    return Case(user, near, AuthToken.objects.create(user)[0])


def by_session(case: Case) -> Right:
    request = Request(RequestFactory().get("/"))
    store = SessionStore()
    store[SESSION_KEY] = str(case.user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = case.user.get_session_auth_hash()
    store.create()
    request._request.session = store
    request.user, request.auth = User.objects.get(pk=case.user.pk), None
    return Right(request)


def by_token(case: Case) -> Right:
    request = Request(RequestFactory().get("/"))
    request.user, request.auth = case.user, case.token
    return Right(request)


def sign_out(_case: Case) -> None:
    Session.objects.all().delete()


def change_password(case: Case) -> None:
    case.user.set_password("another-long-one")
    case.user.save()


def revoke(case: Case) -> None:
    AuthToken.objects.all().delete()


def expire(case: Case) -> None:
    AuthToken.objects.update(expiry=clock.now() - timedelta(seconds=1))


def deactivate(case: Case) -> None:
    User.objects.filter(pk=case.user.pk).update(is_active=False)


def lower(case: Case) -> None:
    case.user.grants.update(role=Role.VIEWER)


def widen(case: Case) -> None:
    case.user.grants.create(role=Role.ADMINISTRATOR, site=None)


@pytest.mark.parametrize(
    ("asked", "happens"),
    [
        *((by_session, each) for each in (sign_out, change_password, deactivate, lower)),
        *((by_token, each) for each in (revoke, expire, deactivate, lower)),
    ],
)
def test_it_ends(
    case: Case, asked: Callable[[Case], Right], happens: Callable[[Case], None]
) -> None:
    right = asked(case)
    right.look()
    happens(case)
    with pytest.raises(RightEnded):
        right.look()


@pytest.mark.parametrize("asked", [by_session, by_token])
def test_it_lasts(case: Case, asked: Callable[[Case], Right]) -> None:
    right = asked(case)
    widen(case)
    right.look()


def test_the_database_is_asked_once_a_second_at_most(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting, "LOOK_EVERY", 3_600.0)
    right = by_token(case)
    revoke(case)
    right.look()
