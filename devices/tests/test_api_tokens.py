"""API tokens, sessions and passwords: who gets in, and what the rest is told."""

import base64
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from access.permission import OF_SOME_SITES
from access.roles import Role
from access.tries import HERE
from devices.models import Device, Site
from tests.granted import may

TOKENS = "/api/v1/tokens/"
SITES = "/api/v1/sites/"


@pytest.fixture(autouse=True)
def no_failures_counted():
    cache.clear()
    yield
    cache.clear()


def basic(password, name="operator"):
    word = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"HTTP_AUTHORIZATION": f"Basic {word}"}


def bearer(token):
    return {"HTTP_AUTHORIZATION": f"Token {token}"}


def test_a_script_gets_a_token_with_a_password_and_works_with_it(operator):
    client = APIClient()
    made = client.post(TOKENS, {"name": "import"}, **basic("a-long-password-1"))
    assert made.status_code == 201, made.json()
    token = made.json()["token"]
    assert token.startswith("pb_")
    assert client.get(SITES, **bearer(token)).status_code == 200
    created = client.post(SITES, {"slug": "a", "name": "A"}, **bearer(token))
    assert created.status_code == 201

    listed = client.get(TOKENS, **bearer(token)).json()["results"]
    assert [(row["name"], row["token_key"]) for row in listed] == [
        ("import", made.json()["token_key"])
    ]
    assert token not in str(listed)

    revoked = client.delete(f"{TOKENS}{made.json()['token_key']}/", **bearer(token))
    assert revoked.status_code == 204
    assert client.get(SITES, **bearer(token)).status_code == 401


def test_a_password_opens_nothing_but_the_tokens(operator):
    assert APIClient().get(SITES, **basic("a-long-password-1")).status_code == 401


def test_without_credentials_the_answer_is_a_challenge(db):
    response = APIClient().get(SITES)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert "detail" in response.json()


@pytest.mark.parametrize("token", ["pb_nothing", "pb_\xff\xfe", "", "a b"])
def test_a_wrong_token_is_refused(db, token):
    assert APIClient().get(SITES, **bearer(token)).status_code == 401


def test_guessing_passwords_is_slowed_down(operator):
    client = APIClient()
    for _ in range(HERE.at_once):
        assert client.post(TOKENS, {}, **basic("wrong")).status_code == 401
    slowed = client.post(TOKENS, {}, **basic("a-long-password-1"))
    assert slowed.status_code == 429
    assert int(slowed["Retry-After"]) > 0
    assert client.post(TOKENS, {}, **basic("x", name="nul\x00")).status_code == 401


def test_an_expired_token_is_refused(operator):
    client = APIClient()
    past = timezone.now() - timedelta(minutes=1)
    refused = client.post(TOKENS, {"expiry": past.isoformat()}, **basic("a-long-password-1"))
    assert refused.status_code == 400
    soon = timezone.now() + timedelta(hours=1)
    made = client.post(TOKENS, {"expiry": soon.isoformat()}, **basic("a-long-password-1")).json()
    assert client.get(SITES, **bearer(made["token"])).status_code == 200
    AuthToken.objects.update(expiry=past)
    assert client.get(SITES, **bearer(made["token"])).status_code == 401


def test_tokens_of_others_are_neither_shown_nor_revoked(api, django_user_model):
    other = django_user_model.objects.create_user("other")
    theirs, _ = AuthToken.objects.create(other)
    assert api.get(TOKENS).json()["count"] == 0
    assert api.delete(f"{TOKENS}{theirs.token_key}/").status_code == 404
    assert AuthToken.objects.count() == 1


def test_the_number_of_tokens_is_bounded(api, operator, settings):
    settings.REST_KNOX = {**settings.REST_KNOX, "TOKEN_LIMIT_PER_USER": 2}
    assert [api.post(TOKENS, {}).status_code for _ in range(3)] == [201, 201, 400]


def test_a_session_needs_its_csrf_token_to_write(operator):
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    body = {"slug": "a", "name": "A"}
    refused = client.post(SITES, body, content_type="application/json")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]
    client.cookies["csrftoken"] = "c" * 32
    accepted = client.post(
        SITES, body, content_type="application/json", headers={"X-CSRFToken": "c" * 32}
    )
    assert accepted.status_code == 201


def token_of(client: APIClient, **facts: object) -> str:
    made = client.post(TOKENS, facts)
    assert made.status_code == 201, made.json()
    return str(made.json()["token"])


def test_a_token_does_what_both_it_and_its_owner_may(api, operator, site):
    other = Site.objects.create(slug="cellar", name="Cellar")
    for slug in ("roof", "cellar"):
        Device.objects.create(uid=slug, name=slug, site=Site.objects.get(slug=slug))
    reads = bearer(token_of(api, scope="read"))
    here = bearer(token_of(api, scope="admin", sites=["roof"]))
    client = APIClient()
    assert client.get("/api/v1/devices/", **reads).json()["count"] == 2
    refused = client.patch("/api/v1/devices/roof/", {"name": "x"}, **reads)
    assert refused.status_code == 403
    assert refused.json() == {"detail": "This token only reads."}
    assert client.post(TOKENS, {}, **reads).status_code == 403
    assert client.post("/api/v1/grafana/search", {}, **reads).status_code == 200
    found = client.get("/api/v1/devices/", **here).json()["results"]
    assert [each["uid"] for each in found] == ["roof"]
    assert client.get("/api/v1/devices/cellar/", **here).status_code == 404
    assert client.patch("/api/v1/devices/roof/", {"name": "x"}, **here).status_code == 200
    may(operator, (Role.VIEWER, site), (Role.ADMINISTRATOR, other))
    assert client.patch("/api/v1/devices/roof/", {"name": "y"}, **here).status_code == 403
    site.delete()  # it reaches none then, and not all
    assert client.get("/api/v1/devices/", **here).json()["count"] == 0
    listed = {each["scope"]: each["sites"] for each in api.get(TOKENS).json()["results"]}
    assert listed == {"read": None, "admin": []}


def test_a_token_of_some_sites_has_its_owner_told_nothing_more_and_elsewhere(api, operator, site):
    """Otherwise it would add a channel that is told of every site, or lead one there elsewhere."""
    here = bearer(token_of(api, scope="admin", sites=["roof"]))
    phone = {"name": "mine", "kind": "ntfy", "settings": {"topic": "cold-room"}}
    own = api.post("/api/v1/channels/", phone).json()
    client = APIClient()
    for method, path, body in (
        ("post", "channels/", {**phone, "name": "more"}),
        ("patch", f"channels/{own['id']}/", phone),
        ("post", "web-push/", {}),
        ("patch", "notifications/me/", {"minimum": "critical"}),
        ("post", "views/", {"name": "n", "path": "/"}),
    ):
        answer = getattr(client, method)(f"/api/v1/{path}", body, **here)
        assert answer.status_code == 403, path
        assert answer.json() == {"detail": OF_SOME_SITES}, path
    assert client.get("/api/v1/channels/", **here).json()["channels"] == []
    assert client.get(f"/api/v1/channels/{own['id']}/", **here).status_code == 404
    everywhere = bearer(token_of(api, scope="write"))
    named = client.patch(f"/api/v1/channels/{own['id']}/", {"name": "m"}, **everywhere)
    assert named.status_code == 200


def test_a_token_tells_of_and_ends_such_as_reach_no_further(api, operator, site):
    Site.objects.create(slug="cellar", name="Cellar")
    here = bearer(token_of(api, scope="write", sites=["roof"]))
    for facts in (
        {"scope": "read", "sites": ["roof"]}, {"scope": "read", "sites": ["roof", "cellar"]},
        {"scope": "admin", "sites": ["roof"]}, {"scope": "write"},
    ):  # fmt: skip
        token_of(api, **facts)
    AuthToken.objects.create(operator)  # one that names nothing reaches everything
    client = APIClient()
    seen = client.get(TOKENS, **here).json()["results"]
    assert sorted(each["scope"] for each in seen) == ["read", "write"]
    ended = [
        client.delete(f"{TOKENS}{each['token_key']}/", **here).status_code
        for each in api.get(TOKENS).json()["results"]
        if each["token_key"] not in here["HTTP_AUTHORIZATION"]
    ]
    assert sorted(ended) == [204, 404, 404, 404, 404]


def test_a_token_makes_none_that_reaches_further_or_lasts_longer(api, site):
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    by = bearer(token_of(api, scope="write", sites=["roof"], expiry=soon))
    client = APIClient()
    like_it = {"scope": "write", "sites": ["roof"], "expiry": soon}
    for further in ({"scope": "admin"}, {"sites": None}, {"expiry": None}):
        assert client.post(TOKENS, {**like_it, **further}, **by).status_code == 400, further
    assert client.post(TOKENS, like_it, **by).status_code == 201
    assert client.post(TOKENS, {**like_it, "sites": ["nowhere"]}, **by).status_code == 400
