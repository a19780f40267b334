"""Sign-in by OpenID Connect against a server of its own: real HTTP, keys and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from joserfc import jwt
from joserfc.jwk import RSAKey

from access.models import AuditEntry, Grant
from access.roles import Role
from devices.models import Site

CLIENT, SECRET = "pulse", "a-secret-of-the-tests"
# Made once: a key takes a while.
KEY, OTHER = (RSAKey.generate_key(2048, {"kid": kid}) for kid in ("one", "one"))


class Issuer:
    """Gives codes for whoever `claims` describes; `wrong` changes what it signs."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"sub": "s-1", "preferred_username": "mia", "groups": []}
        self.changed: dict[str, Any] = {}
        self.key: Any = KEY
        self.public = KEY.as_dict(private=False)
        self.header = {"alg": "RS256", "kid": "one"}
        self.asked: dict[str, str] = {}  # of the last request for a code
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                if self.path == "/keys":
                    self._answer({"keys": [outer.public]})
                else:
                    self._answer(outer.metadata())

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
                words = base64.b64decode(self.headers["Authorization"].split()[1]).decode()
                challenge = _spelled(hashlib.sha256(form["code_verifier"].encode()).digest())
                right = words == f"{CLIENT}:{SECRET}" and form["code"] == "code"
                if not right or challenge != outer.asked["code_challenge"]:
                    self._answer({"error": "invalid_grant"}, 400)
                    return
                self._answer(
                    {"access_token": "t", "token_type": "Bearer", "id_token": outer.id_token()}
                )

            def _answer(self, body: Any, status: int = 200) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            # It offers what nobody should take.
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        }

    def id_token(self) -> str:
        now = int(time.time())
        always = {"iss": self.url, "aud": CLIENT, "exp": now + 300, "iat": now}
        claims = always | {"nonce": self.asked["nonce"]} | self.claims | self.changed
        if self.header["alg"] == "RS256":
            return jwt.encode(self.header, claims, self.key)
        # What no library would sign.
        start = ".".join(_spelled(json.dumps(each).encode()) for each in (self.header, claims))
        if self.header["alg"] == "none":
            return f"{start}."
        return f"{start}.{_spelled(hmac.digest(self.key, start.encode(), 'sha256'))}"


def _spelled(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


@pytest.fixture
def issuer(settings: Any, db: None) -> Iterator[Issuer]:
    made = Issuer()
    settings.OIDC_ISSUER = made.url
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_ROLES = ["it=administrator", "night=operator@plant", "all=viewer@plant"]
    Site.objects.create(slug="plant", name="Plant")
    yield made
    made.server.shutdown()
    made.server.server_close()


def sign_in(issuer: Issuer, client: Client | None = None, to: str = "/pipeline/", **back: str):
    client = client or Client()
    sent = client.get("/login/openid/", {"next": to})
    assert sent.status_code == 302, sent.content
    there = urlsplit(sent["Location"])
    issuer.asked = {name: value[0] for name, value in parse_qs(there.query).items()}
    assert there.path == "/authorize"
    assert issuer.asked["code_challenge_method"] == "S256"
    answered = {"code": "code", "state": issuer.asked["state"]} | back
    return client.get("/login/openid/back/", answered)


def test_roles_follow_the_groups_at_each_sign_in(issuer: Issuer):
    User.objects.create_user("mia", password="a passphrase of the tests")
    plant = Site.objects.get()
    issuer.claims["groups"] = ["night", "all", "unheard of"]
    here = Client()
    answer = sign_in(issuer, here)
    assert (answer.status_code, answer["Location"]) == (302, "/pipeline/")
    mia = here.get("/account/").context["user"]
    assert mia.username == "mia-2", "who chooses a name elsewhere becomes nobody that is here"
    assert not mia.has_usable_password()
    (given,) = Grant.objects.filter(user=mia)
    assert (given.role, given.site) == (Role.OPERATOR, plant)
    issuer.claims |= {"groups": ["it"], "preferred_username": "renamed"}
    sign_in(issuer)
    (given,) = Grant.objects.filter(user=mia)
    assert (given.role, given.site) == (Role.ADMINISTRATOR, None)
    issuer.claims["groups"] = []
    assert sign_in(issuer).status_code == 403
    assert not Grant.objects.filter(user=mia).exists(), "and who has none has none here"
    User.objects.filter(pk=mia.pk).update(is_active=False)
    issuer.claims["groups"] = ["it"]
    assert sign_in(issuer).status_code == 403
    assert User.objects.count() == 2


def test_who_is_in_no_group_gets_no_account_and_is_told_why(issuer: Issuer):
    answer = sign_in(issuer)
    assert answer.status_code == 403
    assert b"You have no role here" in answer.content
    assert not User.objects.exists()
    assert AuditEntry.objects.filter(action="sign_in.failed").exists()


@pytest.mark.parametrize(
    "attack",
    [
        {"changed": {"nonce": "another"}},
        {"changed": {"nonce": None}},
        {"changed": {"aud": "another"}},
        {"changed": {"aud": None}},
        {"changed": {"iss": "https://evil.example"}},
        {"changed": {"exp": 1_000_000_000}},
        {"changed": {"exp": None}},
        {"changed": {"sub": None}},
        {"changed": {"sub": "x" * 256}},
        {"changed": {"sub": "a\0b"}},
        {"changed": {"sub": ["mia"]}},
        {"changed": {"groups": 7}},
        {"changed": {"groups": {"it": True}}},
        {"key": OTHER},
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}, "key": SECRET.encode()},
        {"header": {"alg": "HS256"}, "key": KEY.as_pem(private=False)},
    ],
)
def test_a_token_that_is_not_right_lets_nobody_in(issuer: Issuer, attack: dict[str, Any]):
    issuer.claims["groups"] = ["it"]
    for name, value in attack.items():
        setattr(issuer, name, value)
    here = Client()
    answer = sign_in(issuer, here)
    assert answer.status_code == 403
    assert b"That did not work" in answer.content
    assert not User.objects.exists()
    assert here.get("/account/").status_code == 302


def test_another_key_of_the_server_is_asked_for_and_the_old_one_is_worth_nothing(issuer: Issuer):
    issuer.claims["groups"] = ["it"]
    assert sign_in(issuer).status_code == 302
    issuer.public = OTHER.as_dict(private=False) | {"kid": "two"}
    issuer.key, issuer.header = OTHER, {"alg": "RS256", "kid": "two"}
    assert sign_in(issuer).status_code == 302
    issuer.key, issuer.header = KEY, {"alg": "RS256", "kid": "one"}
    assert sign_in(issuer).status_code == 403


def test_a_name_of_nothing_is_none(issuer: Issuer):
    issuer.claims |= {"groups": ["it"], "preferred_username": "\0 ", "sub": "4711"}
    here = Client()
    assert sign_in(issuer, here).status_code == 302
    assert here.get("/account/").context["user"].username == "4711"


def test_an_answer_is_for_who_asked_and_good_once(issuer: Issuer):
    issuer.claims["groups"] = ["it"]
    here = Client()
    assert sign_in(issuer, here, state="made up").status_code == 403
    assert sign_in(issuer, here, code="stolen").status_code == 403
    assert sign_in(issuer, here, error="access_denied").status_code == 403
    assert sign_in(issuer, here).status_code == 302
    state = issuer.asked["state"]
    for other in (Client(), here):
        again = other.get("/login/openid/back/", {"code": "code", "state": state})
        assert again.status_code == 403
    assert sign_in(issuer, to="https://evil.example/")["Location"] == "/"


def test_a_server_that_is_away_or_says_it_is_another_is_told(issuer: Issuer, settings: Any):
    settings.OIDC_ISSUER = issuer.url + "/"
    assert Client().get("/login/openid/").status_code == 403
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    answer = Client().get("/login/openid/")
    assert answer.status_code == 403
    assert b"does not answer" in answer.content
    assert b"/login/openid/" in Client().get("/login/").content
    settings.OIDC_ISSUER = ""
    assert Client().get("/login/openid/").status_code == 404
    assert b"/login/openid/" not in Client().get("/login/").content
