"""The API while its database is away, and when it is back."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api() -> APIClient:
    client = APIClient()
    client.force_login(get_user_model().objects.create_user("ana"))
    return client


@pytest.mark.parametrize("path", ["devices/", "fleet/", "pipeline/"])
def test_a_database_that_is_away_is_told_as_json_and_found_again(api: APIClient, path: str) -> None:
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    try:
        answer = api.get(f"/api/v1/{path}")
    finally:
        connection.close()
        connection.settings_dict["PORT"] = port
    assert answer.status_code == 503
    assert "The database does not answer" in answer.json()["detail"]
    assert api.get(f"/api/v1/{path}").status_code == 200
