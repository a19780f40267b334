import pytest
from rest_framework.test import APIClient

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
