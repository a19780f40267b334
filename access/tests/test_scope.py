"""Who sees what."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser, User
from knox.models import AuthToken

from access.scope import EVERYTHING, NOTHING, Scope


def test_whoever_is_signed_in_sees_everything():
    assert Scope.of(User(username="ana")) is EVERYTHING
    assert EVERYTHING.sees_site(7)
    assert EVERYTHING.sees_site(None)


@pytest.mark.parametrize("who", [None, AnonymousUser(), User(username="gone", is_active=False)])
def test_nobody_else_sees_anything(who: object):
    scope = Scope.of(who)
    assert scope is NOTHING
    assert not scope.sees_site(7)
    assert not scope.sees_site(None)
    assert not scope.sees_everything


def test_a_scope_of_sites_sees_what_stands_there_and_nothing_that_stands_nowhere():
    scope = Scope(frozenset({3}))
    assert scope.sees_site(3)
    assert not scope.sees_site(4)
    assert not scope.sees_site(None)
    assert scope == Scope(frozenset({3}))


def test_a_request_has_the_scope_of_its_token_or_else_of_its_user():
    ana, gone = User(username="ana"), User(username="gone", is_active=False)
    assert Scope.of(SimpleNamespace(user=ana, auth=None)) is EVERYTHING
    assert Scope.of(SimpleNamespace(user=ana, auth=AuthToken(user=gone))) is NOTHING
    assert Scope.of(SimpleNamespace(user=gone)) is NOTHING
