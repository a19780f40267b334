"""Each answer of each address tells the browser what it may do: pages, REST, the admin, errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.templatetags.static import static
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dashboard.language import catalogue
from devices.models import Device

pytestmark = pytest.mark.django_db

EXPECTED = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FOR_ONE = "no-store, private"
FOR_ALL = "max-age=31536000, public, immutable"


def addresses(found: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Each without a parameter in it; and some that are not there."""
    for each in (found or get_resolver()).url_patterns:
        path = before + str(each.pattern).replace("^", "").removesuffix("$").replace("\\Z", "")
        if isinstance(each, URLPattern):
            if not set(path) & set("<(?\\"):
                yield f"/{path}"
        else:
            yield from addresses(each, path)


@pytest.mark.parametrize("who", ["nobody", "administrator"])
def test_every_answer_says_what_a_browser_may_do(who: str, settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    client = Client(raise_request_exception=False)
    if who == "administrator":
        client.force_login(User.objects.create_superuser("ana"))
    walked = [*addresses(), "/devices/nothing/", "/nothing", "/api/v1/nothing/", "/admin/nothing/"]
    assert len(walked) > 60
    assert {"/", "/audit/", "/account/", "/admin/", "/api/v1/devices/"} <= set(walked)
    for path in walked:
        answer = client.get(path, secure=True)
        assert answer.status_code < 500, path
        for name, value in EXPECTED.items():
            assert answer.headers.get(name) == value, f"{path}: {name}"
        assert "no-store" in answer["Cache-Control"], path
        assert "private" in answer["Cache-Control"], path
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert "camera=()" in answer["Permissions-Policy"], path
        assert answer["Strict-Transport-Security"] == "max-age=31536000", path
        for cookie in answer.cookies.values():
            assert cookie["samesite"] == "Lax", f"{path}: {cookie.key}"


def test_what_everybody_is_given_alike_is_kept_and_sets_no_cookie():
    client = Client(headers={"Accept-Language": "de"})
    client.force_login(User.objects.create_superuser("ana"))
    digest = catalogue.digest("de")
    for address in (static("dashboard/js/frame/appearance-boot.js"), f"/words/de/{digest}.js"):
        answer = client.get(address)
        assert (answer.status_code, answer["Cache-Control"]) == (200, FOR_ALL), address
        assert not answer.cookies, address
        answer.close()
    # What is not there may be there in a minute, and an older page asks for what was there once.
    for address in ("/static/nothing.js", "/words/de/000000000000.js", "/words/xx/0.js"):
        assert "immutable" not in client.get(address)["Cache-Control"], address


def test_what_is_answered_beside_the_views_is_kept_nowhere():
    client = Client()
    client.force_login(User.objects.create_superuser("ana"))
    Device.objects.create(uid="pump-1", name="Pump")
    for address, status in (
        ("/devices/pump-1/", 200),
        ("/api/v1/devices/pump-1/", 200),
        ("/api/v1/readings/?device=pump-1&interval=1h&from=0&to=3600000&format=csv", 200),
        ("/devices/pump-1", 301),  # a redirect for good, which browsers keep by themselves
        ("/%00", 404),
        ("/?a=%00", 400),
    ):
        answer = client.get(address)
        assert (answer.status_code, answer["Cache-Control"]) == (status, FOR_ONE), address
    assert client.get("/", headers={"Host": "elsewhere"})["Cache-Control"] == FOR_ONE
