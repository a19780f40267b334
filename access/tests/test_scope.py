"""Who sees and changes what."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory
from knox.models import AuthToken

from access.roles import Role
from access.scope import EVERYTHING, NOTHING, Scope
from tests.granted import may

VIEWER, OPERATOR, ADMINISTRATOR = Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR


def somebody(name: str = "ana", **facts: object) -> User:
    """Without any grant."""
    return may(User.objects.create_user(name, **facts))


@pytest.mark.django_db
def test_an_account_without_a_grant_sees_nothing():
    assert Scope.of(somebody()) == NOTHING


@pytest.mark.parametrize("who", [None, AnonymousUser(), User(username="gone", is_active=False)])
def test_nobody_else_sees_anything(who: object):
    scope = Scope.of(who)
    assert scope is NOTHING
    assert not scope.sees_site(7)
    assert not scope.sees_site(None)
    assert not scope.sees_everything
    assert scope.role is None


@pytest.mark.django_db
def test_a_superuser_administers_everything_while_active():
    root = somebody("root", is_superuser=True)
    assert Scope.of(root) is EVERYTHING
    assert EVERYTHING.may_administer(None)
    assert EVERYTHING.role is ADMINISTRATOR
    root.is_active = False
    assert Scope.of(root) is NOTHING


def test_a_role_gives_what_those_below_it_give_at_its_site_alone():
    scope = Scope.granted([(VIEWER, 1), (OPERATOR, 2), (ADMINISTRATOR, 3)])
    assert [scope.role_at(site) for site in (1, 2, 3, 4, None)] == [
        VIEWER, OPERATOR, ADMINISTRATOR, None, None,
    ]  # fmt: skip
    assert [scope.sees_site(site) for site in (1, 2, 3, 4, None)] == [True] * 3 + [False] * 2
    assert [scope.may_operate(site) for site in (1, 2, 3, None)] == [False, True, True, False]
    assert [scope.may_administer(site) for site in (1, 2, 3)] == [False, False, True]
    assert scope.role is ADMINISTRATOR
    assert scope.where(OPERATOR) == Scope(frozenset({2, 3}), frozenset({2, 3}), frozenset({3}))


def test_a_role_for_every_site_is_one_for_what_stands_at_none_as_well():
    scope = Scope.granted([(VIEWER, None), (ADMINISTRATOR, 3)])
    assert scope.sees_everything
    assert scope.role_at(None) is VIEWER
    assert scope.role_at(3) is ADMINISTRATOR
    assert not scope.may_operate(4)
    assert scope.where(OPERATOR).sites == frozenset({3})


def test_two_scopes_together_have_what_both_have():
    wide, narrow = Scope.granted([(OPERATOR, None)]), Scope.granted([(ADMINISTRATOR, 3)])
    for both in (wide & narrow, narrow & wide):
        assert both == Scope.granted([(OPERATOR, 3)])
    assert EVERYTHING & wide == wide
    assert NOTHING & wide == NOTHING


@pytest.mark.django_db
def test_a_request_has_the_scope_of_its_token_or_else_of_its_user(
    rf: RequestFactory, django_assert_num_queries
):
    ana, gone = somebody(), somebody("gone", is_active=False)
    may(ana, (OPERATOR, None))
    token = AuthToken(user=gone)
    assert Scope.of(token) is NOTHING
    page = rf.get("/")
    page.user = ana
    with django_assert_num_queries(1):  # of one request it is read once
        assert Scope.of(page) == Scope.of(page) == Scope.granted([(OPERATOR, None)])
        of_the_api = SimpleNamespace(_request=page, user=ana, auth=None)
        assert Scope.of(of_the_api) == Scope.of(page)
    with_token = SimpleNamespace(_request=rf.get("/"), user=gone, auth=token)
    assert Scope.of(with_token) is NOTHING
    page.user = gone  # who signs in is another from then on
    assert Scope.of(page) is NOTHING
