"""Who gives whom which role."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from rest_framework.test import APIClient

from access import granting
from access.models import Grant, SignIn
from access.roles import Role
from access.scope import Scope
from devices.models import Site
from tests.granted import may

PEOPLE = "/api/v1/people/"
VIEWER, OPERATOR, ADMINISTRATOR = Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR


@pytest.fixture
def cellar(db):
    return Site.objects.create(slug="cellar", name="Cellar")


def account(name: str, *roles: tuple[Role, Site | None]) -> User:
    return may(User.objects.create_user(name), *roles)


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def held(user: User) -> set[tuple[int, str | None]]:
    return {(each.role, each.site and each.site.slug) for each in user.grants.all()}


def test_who_administers_one_site_gives_and_takes_there_alone(site, cellar, operator):
    ana, ben = account("ana", (ADMINISTRATOR, site)), account("ben", (VIEWER, cellar))
    client = client_of(ana)
    assert [each["name"] for each in client.get(PEOPLE).json()["people"]] == ["ana", "operator"]
    given = client.post(PEOPLE, {"name": "ben", "role": "administrator", "site": "roof"})
    assert given.status_code == 200
    assert [each["site"] for each in given.json()["grants"]] == ["roof"]  # of hers alone
    assert held(ben) == {(VIEWER, "cellar"), (ADMINISTRATOR, "roof")}
    path = f"{PEOPLE}{ben.pk}/"
    assert client.put(f"{path}grants/", {"role": "viewer", "site": "roof"}).status_code == 200
    assert client.put(f"{path}grants/", {"role": "viewer", "site": "cellar"}).status_code == 400
    assert client.put(f"{path}grants/", {"role": "viewer"}).status_code == 403
    assert client.patch(path, {"active": False}).status_code == 403
    assert client.delete(f"{path}grants/?site=roof").status_code == 204
    assert held(ben) == {(VIEWER, "cellar")}
    assert client.get(PEOPLE).status_code == 200
    assert client_of(ben).get(PEOPLE).status_code == 403
    assert client_of(ben).post(PEOPLE, {"name": "ben", "role": "viewer"}).status_code == 403


def test_the_last_administrator_of_everything_stays(api, operator, site):
    grant = operator.grants.get()
    path = f"{PEOPLE}{operator.pk}/"
    for refused in (
        api.delete(f"{path}grants/"),
        api.put(f"{path}grants/", {"role": "operator"}),
        api.patch(path, {"active": False}),
    ):
        assert refused.status_code == 400
        assert refused.json() == {"detail": "Somebody else must administer everything first."}
    operator.refresh_from_db()
    assert operator.is_active
    assert operator.grants.get() == grant
    account("ana", (ADMINISTRATOR, None))
    assert api.delete(f"{path}grants/").status_code == 204


def test_a_deactivated_account_is_out_and_let_in_again(api, site):
    ben = account("ben", (VIEWER, site))
    SignIn.objects.create(session_key="of ben", user=ben, seen_at="2026-11-28T00:00Z")
    path = f"{PEOPLE}{ben.pk}/"
    assert api.patch(path, {"active": False}).json()["active"] is False
    assert not SignIn.objects.exists()
    assert api.post(PEOPLE, {"name": "ben", "role": "viewer"}).status_code == 400
    assert api.patch(path, {"active": True}).json()["active"] is True


def test_a_superuser_is_deactivated_by_a_superuser_alone(api, operator):
    root = User.objects.create_superuser("root")
    assert api.patch(f"{PEOPLE}{root.pk}/", {"active": False}).status_code == 403
    User.objects.filter(pk=operator.pk).update(is_superuser=True)
    assert api.patch(f"{PEOPLE}{root.pk}/", {"active": False}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_who_take_away_each_others_at_once_leave_one():
    both = [account(name, (ADMINISTRATOR, None)) for name in ("ana", "ben")]
    start = Barrier(2)

    def take(by: User, of: User) -> bool:
        start.wait()
        try:
            return granting.take(Scope.of(by), of, None)
        except (granting.LastAdministrator, granting.NotYours):
            return False  # or was too late: he has nothing any more by which he could take
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(take, both, reversed(both)))
    assert sorted(done) == [False, True]
    assert Grant.objects.filter(role=ADMINISTRATOR, site=None).count() == 1


def test_the_form_of_the_admin_leaves_somebody_to_administer(client, db):
    root = User.objects.create_superuser("root")
    ben = account("ben")
    client.force_login(root)
    base = f"/admin/auth/user/{ben.pk}/change/"
    page = client.get(base)
    assert "grants-0-role" in page.content.decode() or "grants-TOTAL_FORMS" in page.content.decode()
    facts = {"username": "ben", "is_active": "on", "date_joined_0": "2026-11-28"}
    facts |= {"date_joined_1": "00:00:00", "grants-TOTAL_FORMS": "1", "grants-INITIAL_FORMS": "0"}
    facts |= {"grants-0-role": "2", "grants-0-site": "", "grants-0-user": str(ben.pk)}
    assert client.post(base, facts).status_code == 302
    assert held(ben) == {(OPERATOR, None)}
    gone = client.post(f"/admin/auth/user/{root.pk}/delete/", {"post": "yes"}, follow=True)
    assert "Somebody else must administer everything first." in gone.content.decode()
    assert User.objects.filter(pk=root.pk).exists()


def staff(name: str, *roles: tuple[Role, Site | None]) -> User:
    """With every right that Django has over accounts and groups."""
    made = account(name, *roles)
    User.objects.filter(pk=made.pk).update(is_staff=True)
    rights = Permission.objects.filter(content_type__app_label="auth")
    made.user_permissions.set(rights)
    return User.objects.get(pk=made.pk)


# A whole form of an account, as a browser sends it.
FORM = {
    "username": "taken", "date_joined_0": "2026-11-28", "date_joined_1": "00:00:00",
    "is_active": "on", "is_superuser": "on", "is_staff": "on",
    "grants-TOTAL_FORMS": "0", "grants-INITIAL_FORMS": "0",
}  # fmt: skip


def test_who_is_staff_makes_nobody_more_than_they_are(client, site):
    """Also not by forms that Django shows to who may change accounts, or groups."""
    root = User.objects.create_superuser("root", password="the old one")
    ben = account("ben", (ADMINISTRATOR, None))
    accounts = "/admin/auth/user/"
    local, lea = staff("local", (ADMINISTRATOR, site)), staff("lea", (ADMINISTRATOR, None))
    client.force_login(local)
    assert root.username not in client.get(accounts).content.decode()
    for one in (root, ben, local):
        client.post(f"{accounts}{one.pk}/change/", FORM)
        new = {"password1": "four words of mine", "password2": "four words of mine"}
        client.post(f"{accounts}{one.pk}/password/", {**new, "usable_password": "true"})
        client.post(f"{accounts}{one.pk}/delete/", {"post": "yes"})
    client.post(f"{accounts}add/", {"username": "new", "usable_password": "true", **new})
    assert set(User.objects.values_list("username", "is_superuser", "password")) == {
        (one.username, one.is_superuser, one.password) for one in (root, ben, local, lea)
    }

    client.force_login(lea)  # who administers everything, and is no superuser
    for one in (root, lea):
        client.post(f"{accounts}{one.pk}/change/", {**FORM, "username": one.username + "2"})
    client.post(f"{accounts}{root.pk}/password/", {**new, "usable_password": "true"})
    client.post(f"{accounts}{root.pk}/delete/", {"post": "yes"})
    marked = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    client.post(accounts, marked)
    lea.refresh_from_db()
    assert (lea.username, lea.is_superuser) == ("lea2", False), "the rest of the form is theirs"
    assert lea.user_permissions.count() == local.user_permissions.count()
    same = User.objects.get(pk=root.pk)
    assert (same.is_superuser, same.password, same.username) == (True, root.password, "root")
    client.post("/admin/auth/group/add/", {"name": "all rights", "permissions": ["1"]})
    assert not Group.objects.exists()
