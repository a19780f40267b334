import pytest
from rest_framework.test import APIClient

from devices import quick_redis
from devices.models import Site


@pytest.fixture
def operator(django_user_model, db):
    return django_user_model.objects.create_user("operator", password="a-long-password-1")


@pytest.fixture
def api(operator):
    client = APIClient()
    client.force_authenticate(operator)
    return client


@pytest.fixture
def site(db):
    return Site.objects.create(slug="roof", name="Roof")


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Redis is there, if only after a moment on a busy machine."""
    monkeypatch.setattr(quick_redis, "TIMEOUT", 60.0)
    quick_redis.client.cache_clear()
    yield
    quick_redis.client.cache_clear()
