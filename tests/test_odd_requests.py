"""No address and no filter answers 500, whatever is written into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from devices.models import Device, Site
from telemetry.models import Series
from tests.examples import examples

pytestmark = pytest.mark.django_db(transaction=True)

ODD = st.one_of(
    st.sampled_from(
        [
            "\0", "a\0", "", " ", ".", "..", "%", "%00", "'", '"', "\\", "-1", "0", "1e9",
            "nan", "null", "true", "99999999999999999999", "9" * 400, "a" * 3000, "١٢", "＝1",
            "\r\n", "\t", "[]", "{}", "a,b", "2026-02-30", "_3A", "_00", "+", "ß", "💥",
            "\ufffe", "<i>",
        ]
    ),
    st.text(max_size=40).filter(lambda text: not set(text) & set(map(chr, range(0xD800, 0xE000)))),
)  # fmt: skip
# One machine is asked many things in one example, and each example is a request or two.
FEW = settings(
    max_examples=examples(150),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def patterns(among: list[Any], before: str = "") -> Iterator[str]:
    for each in among:
        here = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns, here)
        elif isinstance(each, URLPattern):
            yield here


PARAMETER = re.compile(r"<[^>]+>|\(\?P<\w+>[^)]*\)|\(\.\*\)\$")
WITH_PARAMETER = sorted(
    {
        PARAMETER.sub("{}", pattern).replace("^", "").replace("\\Z", "").replace("$", "")
        for pattern in patterns(get_resolver().url_patterns)
        if PARAMETER.search(pattern) and not pattern.startswith("static")
    }
)
CHANGELISTS = sorted(
    f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry
)
FIELDS = [
    "q", "o", "p", "e", "all", "_facets", "_popup", "_to_field", "connection", "enabled__exact",
    "site__id__exact", "site", "kind", "kind__exact", "uid", "id", "id__in", "pk", "reason",
    "partial__exact", "retained__exact", "received_at__year", "received_at__month",
    "received_at__day", "received_at__gte", "is_staff__exact", "groups__id__exact", "tags",
    "metadata__x", "presence__last_seen_at__gte", "created_at__date",
]  # fmt: skip
LISTS = {
    "/api/v1/devices/": "site kind tag enabled connection search ordering page page_size listing",
    "/api/v1/sites/": "search ordering page page_size listing",
    "/api/v1/series/": "device metric kind search ordering page page_size",
    "/api/v1/quarantine/": "uid reason from to cursor page_size",
    "/api/v1/readings/": (
        "series device metric site kind tag from to tz points interval agg fill shape limit cursor"
    ),
    "/api/v1/readings/latest/": "series device metric site kind tag at tz",
    "/api/v1/fleet/": "search site kind",
}


@pytest.fixture
def staff() -> Client:
    site = Site.objects.create(slug="roof", name="Roof")
    Series.objects.create(device=Device.objects.create(uid="d-1", name="d", site=site), metric="m")
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    return client


@FEW
@given(path=st.sampled_from(WITH_PARAMETER), value=ODD)
@example(path="devices/{}/", value="\0")
@example(path="api/v1/devices/{}/messages/", value="\0")
@example(path="api/v1/unregistered/{}/register/", value="\0")
def test_an_address(staff: Client, path: str, value: str) -> None:
    address = "/" + path.replace("{}", quote(value, safe=""))
    for method in ("get", "post"):
        answer = getattr(staff, method)(address)
        assert answer.status_code < 500, (method, address)
        if "\0" in value:
            assert answer.status_code in (302, 400, 404, 405), (method, address)


@FEW
@given(
    path=st.sampled_from(CHANGELISTS), field=st.sampled_from(FIELDS), value=ODD, more=st.booleans()
)
@example(path="/admin/devices/device/", field="kind", value="\0", more=False)
@example(path="/admin/devices/device/", field="q", value="\0", more=False)
@example(path="/admin/telemetry/quarantinedmessage/", field="reason", value="\0", more=False)
def test_a_filter_of_the_admin(
    staff: Client, path: str, field: str, value: str, more: bool
) -> None:
    query = {field: value} | ({"q": value} if more else {})
    answer = staff.get(f"{path}?{urlencode(query)}")
    assert answer.status_code < 500, query


@FEW
@given(
    path=st.sampled_from(CHANGELISTS),
    action=st.sampled_from(["delete_selected", "enable", "disable", "rotate_tokens", "\0", ""]),
    chosen=ODD,
    across=ODD,
)
@example("/admin/devices/device/", "delete_selected", "\0", "0")
def test_an_action_of_the_admin(
    staff: Client, path: str, action: str, chosen: str, across: str
) -> None:
    form = {"action": action, "_selected_action": chosen, "select_across": across, "index": "0"}
    assert staff.post(path, form).status_code < 500, form


@FEW
@given(path=st.sampled_from(sorted(LISTS)), data=st.data(), value=ODD)
def test_a_parameter_of_the_api(staff: Client, path: str, data: st.DataObject, value: str) -> None:
    name = data.draw(st.sampled_from(LISTS[path].split()))
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(User.objects.get(username="root"))
    answer = client.get(f"{path}?{urlencode({name: value})}")
    assert answer.status_code < 500, (path, name, value)


@pytest.mark.parametrize("charset", ["punycode", "bz2", "idna", "unicode_escape", "undefined"])
def test_a_body_in_a_codec_of_python_is_read_by_nobody(charset: str):
    """Four megabytes of Punycode kept a process busy for ten minutes, and nobody had signed in."""
    client = Client(raise_request_exception=False)
    body = b"x-" + b"a" * 2_000_000

    def asked(address: str, kind: str) -> int:
        return client.generic("POST", address, body, content_type=kind).status_code

    assert asked("/api/v1/provision/", f"application/json; charset={charset}") == 415
    assert asked("/login/", f"application/x-www-form-urlencoded; charset={charset}") == 400
    assert asked("/api/v1/provision/", "application/json; charset=UTF8") == 400
