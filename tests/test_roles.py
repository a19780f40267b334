"""What a role may not change is refused, at every address of the API: these tests find a new one by
themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import resolve
from rest_framework.test import APIClient

from access.roles import Role
from tests.granted import may
from tests.sight import Hidden, hidden, viewer
from tests.test_scopes import LISTING, answers, filled, operations

__all__ = ["hidden", "viewer"]  # fixtures

# What stands at the other site may be computed from what he sees.
DONE_TO_NONE = ('"device":"near-1"', '"replayed":0', '"discarded":0', '"created":0', '"total":0')


def needed(path: str, hidden: Hidden) -> Role | None:
    """Which role the changes at this address need; None: they change nothing."""
    view: Any = resolve(filled(path, hidden)).func.cls  # type: ignore[attr-defined]
    if getattr(view, "changes_nothing", False):
        return None
    role: Role = getattr(view, "change_needs", Role.ADMINISTRATOR)
    return role


def changes(hidden: Hidden) -> Iterator[tuple[str, str, Role]]:
    """Every operation that changes what stands at a site or at none."""
    for method, path in operations():
        role = None if method == "get" else needed(path, hidden)
        if role is not None:
            yield method, path, role


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_who_only_looks_changes_nothing_anywhere(hidden: Hidden, viewer: User):
    client = client_of(may(viewer, (Role.VIEWER, None)))
    before, tried = hidden.rows(), 0
    for method, path, role in changes(hidden):
        for address, status, text in answers(client, method, path, hidden):
            tried += 1
            said = f"{method} {address}: {status} {text[:300]}"
            if role is Role.VIEWER and status in (200, 201, 400):  # one's own
                continue
            assert status == 403, said
            assert "This needs the role " in text, said
    assert tried > 60
    kept = [row for row in hidden.rows() if row in before]
    assert kept == before


@pytest.mark.parametrize("here", [Role.VIEWER, Role.OPERATOR], ids=lambda role: role.label)
def test_a_role_elsewhere_changes_nothing_where_one_has_a_lower(
    hidden: Hidden, viewer: User, here: Role
):
    """Administrator of the other site: whatever asks only for a role somewhere lets him pass."""
    near = viewer.grants.get().site
    client = client_of(may(viewer, (here, hidden.site), (Role.ADMINISTRATOR, near)))
    before, refused = hidden.rows(), set()
    for method, path, role in changes(hidden):
        if role <= here:
            continue
        for address, status, text in answers(client, method, path, hidden):
            said = f"{method} {address}: {status} {text[:300]}"
            assert status in (400, 403, 404) or any(none in text for none in DONE_TO_NONE), said
            if status == 403:
                assert "This needs the role " in text, said
                refused.add(path)
            elif "{" in path:
                assert status == 404, said
    assert [row for row in hidden.rows() if row in before] == before
    there = {"/api/v1/devices/{uid}/", "/api/v1/alert-rules/{alert_rule_id}/"}
    if here is Role.VIEWER:
        there |= {"/api/v1/alerts/acknowledge/", "/api/v1/log/{entry_id}/", "/api/v1/silences/"}
    assert there <= refused


def test_an_operator_attends_to_what_stands_at_his_site(hidden: Hidden, viewer: User):
    """Otherwise the tests above would also hold for addresses that refuse everybody."""
    client = client_of(may(viewer, (Role.OPERATOR, hidden.site)))
    done = set()
    for method, path, role in changes(hidden):
        if role is Role.OPERATOR and method in ("post", "patch"):
            for _, status, _ in answers(client, method, path, hidden):
                if status in (200, 201):
                    done.add(path)
    assert {
        "/api/v1/alerts/acknowledge/", "/api/v1/alerts/comment/", "/api/v1/silences/",
        "/api/v1/log/", "/api/v1/series/{series_id}/corrections/",
    } - done == set()  # fmt: skip
    assert LISTING.isdisjoint(done)


def test_an_account_without_a_role_still_changes_what_is_its_own(hidden: Hidden, viewer: User):
    client = client_of(may(viewer))
    assert client.get("/api/v1/devices/").json()["count"] == 0
    assert client.get("/api/v1/devices/far-1/").status_code == 404
    assert client.patch("/api/v1/notifications/me/", {"zone": "UTC"}).status_code == 200
    assert client.post("/api/v1/devices/", {"uid": "new-1"}).status_code == 403
