"""Each answer of each address tells the browser what it may do: pages, REST, the admin, errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

pytestmark = pytest.mark.django_db

EXPECTED = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


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
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert "camera=()" in answer["Permissions-Policy"], path
        assert answer["Strict-Transport-Security"] == "max-age=31536000", path
        for cookie in answer.cookies.values():
            assert cookie["samesite"] == "Lax", f"{path}: {cookie.key}"
