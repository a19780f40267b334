"""The OpenAPI schema describes the whole API without a warning, and its pages load."""

import json
import re

import pytest
from django.core.management import call_command


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    target = tmp_path_factory.mktemp("schema") / "schema.json"
    call_command(
        "spectacular", validate=True, fail_on_warn=True, file=str(target), format="openapi-json"
    )
    return json.loads(target.read_text())


def test_schema_has_no_warning_and_every_operation_is_described(schema):
    operations = [
        (path, method, facts)
        for path, methods in schema["paths"].items()
        for method, facts in methods.items()
    ]
    assert {"/api/v1/devices/", "/api/v1/sites/{slug}/", "/api/v1/tokens/"} <= set(schema["paths"])
    for path, method, facts in operations:
        assert facts["tags"] != ["api"], (path, method)
        assert facts.get("summary") or facts.get("description"), (path, method)
    assert schema["components"]["securitySchemes"]["apiToken"]["name"] == "Authorization"


def test_an_array_is_a_documented_request(schema):
    content = schema["paths"]["/api/v1/devices/"]["post"]["requestBody"]["content"]
    reference = content["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    kinds = schema["components"]["schemas"][reference]["oneOf"]
    assert any(kind.get("type") == "array" for kind in kinds)


def test_the_reference_needs_a_login_and_stands_in_the_frame_of_the_pages(client, operator):
    assert client.get("/api/v1/docs/")["Location"].startswith("/login/")
    client.force_login(operator)
    html = client.get("/api/v1/docs/").content.decode()
    assert re.search(r'href="/api/v1/docs/" aria-current="page"', html)
    assert 'href="/pipeline/"' in html
    assert client.get("/api/v1/redoc/")["Location"] == "/api/v1/docs/"


def test_the_schema_itself_needs_a_login(client, api):
    assert client.get("/api/v1/schema/").status_code == 401
    assert api.get("/api/v1/schema/").status_code == 200
