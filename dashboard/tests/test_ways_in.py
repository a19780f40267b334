"""Ways in by a link: another password, an invitation; and the password of the first start."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from access import invitation, printed
from access.models import AuditEntry, Grant, Invitation
from access.roles import Role
from devices.models import Site
from tests.granted import may
from tests.waiting import eventually

PASSWORD, NEW = "a passphrase of the tests", "four words of my own"
INVITATIONS = "/api/v1/account/invitations/"
JSON = "application/json"


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_user("olga", "olga@plant.example", PASSWORD)


@pytest.fixture
def mails(settings: Any) -> list[Any]:
    settings.EMAIL_HOST = "mail.plant.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = "https://pulse.example"
    mail.outbox = []
    return mail.outbox


def said(*words: str) -> str:
    out = StringIO()
    call_command("account", *words, stdout=out)
    return out.getvalue().strip()


def choose(link: str, client: Client | None = None, **form: str) -> Any:
    """Follow the link and send its form, as a browser does."""
    client = client or Client()
    there = client.get(link, follow=True)
    at = there.redirect_chain[-1][0] if there.redirect_chain else link
    return client.post(at, form)


def set_password(link: str, new: str = NEW) -> Any:
    return choose(link, new_password1=new, new_password2=new)


def account(link: str, name: str = "mia", password: str = NEW, **more: Any) -> Any:
    return choose(link, username=name, password1=password, password2=password, **more)


def test_a_link_by_command_sets_a_password_once_and_ends_all_sessions(olga: User):
    User.objects.update(last_name="Petersen-Hansen")
    here = Client()
    here.post("/login/", {"username": "olga", "password": PASSWORD})
    here.get("/")
    AuthToken.objects.create(olga)
    link = said("reset", "olga")
    assert b"too short" in set_password(link, "short").content
    assert b"too similar" in set_password(link, "petersen-hansen1").content
    assert set_password(link).status_code == 302
    olga.refresh_from_db()
    assert olga.check_password(NEW)
    assert not AuthToken.objects.exists()
    assert here.get("/").status_code == 302
    assert b"This link does nothing" in Client().get(link, follow=True).content
    with pytest.raises(CommandError):
        said("reset", "nobody")


def test_who_asks_by_e_mail_is_answered_the_same_with_and_without_an_account(
    olga: User, mails: list[Any]
):
    answers = [
        Client(REMOTE_ADDR=address).post("/forgotten/", {"email": to})
        for address, to in (("192.0.2.1", "OLGA@plant.example"), ("192.0.2.2", "x@plant.example"))
    ]
    assert [each.status_code for each in answers] == [200, 200]
    texts = {re.sub(rb'value="[^"]*"|nonce="[^"]*"', b"", each.content) for each in answers}
    assert len(texts) == 1
    eventually(lambda: len(mails) == 1, what="the e-mail is sent")
    (sent,) = mails
    assert sent.to == ["olga@plant.example"]
    (link,) = re.findall(r"https://pulse\.example(/reset/\S+)", sent.body)
    assert set_password(link).status_code == 302
    olga.refresh_from_db()
    assert olga.check_password(NEW)


def test_nobody_is_flooded_with_e_mail(olga: User, mails: list[Any]):
    statuses = [
        Client(REMOTE_ADDR=f"192.0.2.{number}")
        .post("/forgotten/", {"email": "olga@plant.example"})
        .status_code
        for number in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]


def test_without_a_server_for_e_mail_nobody_is_offered_one(db: None):
    assert Client().get("/forgotten/").status_code == 404
    assert b"/forgotten/" not in Client().get("/login/").content


def test_an_invited_person_makes_an_account_that_has_the_role(olga: User):
    plant = Site.objects.create(slug="plant", name="Plant")
    here = Client()
    here.force_login(olga)
    made = here.post(INVITATIONS, {"role": "viewer", "site": "plant"}, content_type=JSON)
    assert made.status_code == 201, made.content
    (told,) = here.get(INVITATIONS).json()
    assert "link" not in told
    link = made.json()["link"]
    token = link.rstrip("/").rpartition("/")[2]
    assert token not in str(list(Invitation.objects.values_list()))
    assert b"too common" in account(link, password="password1234").content
    assert b"already exists" in account(link, "OLGA").content
    guest = Client()
    assert account(link, client=guest).status_code == 302
    mia = User.objects.get(username="mia")
    assert guest.get("/account/").context["user"] == mia
    given = Grant.objects.get(user=mia, site=plant)
    assert given.role == Role.VIEWER
    assert account(link, "again").status_code == 410
    assert here.get(INVITATIONS).json() == []
    assert {"invitation.made", "invitation.accepted"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


@pytest.mark.parametrize("how", ["withdrawn", "over", "inviter demoted", "inviter off", "made up"])
def test_an_invitation_that_no_longer_holds_makes_nothing(olga: User, how: str):
    token, made = invitation.make(olga, Role.OPERATOR, None)
    if how == "withdrawn":
        here = Client()
        here.force_login(olga)
        assert here.delete(f"{INVITATIONS}{made.pk}/").status_code == 204
    elif how == "over":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "inviter demoted":
        may(olga, (Role.OPERATOR, None))
    elif how == "inviter off":
        User.objects.update(is_active=False)
    else:
        token = "x" * 43
    assert Client().get(f"/invitation/{token}/").status_code == 410
    assert account(f"/invitation/{token}/").status_code == 410
    assert not invitation.accept(token, User(username="mia"))
    assert not User.objects.filter(username="mia").exists()


def test_who_does_not_administer_invites_nobody_there(olga: User, mails: list[Any]):
    near = Site.objects.create(slug="near", name="Near")
    far = Site.objects.create(slug="far", name="Far")
    may(olga, (Role.ADMINISTRATOR, near), (Role.OPERATOR, far))
    here = Client()
    here.force_login(olga)
    for site, status in (("near", 201), ("far", 403), ("none", 400), (None, 403)):
        body = {"role": "viewer", "site": site, "email": "mia@plant.example"}
        assert here.post(INVITATIONS, body, content_type=JSON).status_code == status
    (sent,) = mails
    assert "https://pulse.example/invitation/" in sent.body
    stranger = Client()
    stranger.force_login(User.objects.create_user("max"))
    assert stranger.get(INVITATIONS).json() == []
    made = Invitation.objects.get()
    assert stranger.delete(f"{INVITATIONS}{made.pk}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_follow_one_link_at_the_same_instant_make_one_account():
    token, _ = invitation.make(None, Role.VIEWER, None)

    def follow(number: int) -> bool:
        try:
            return invitation.accept(token, User(username=f"mia-{number}", password="!"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(follow, range(4))) == 1
    assert User.objects.count() == 1


def test_a_command_invites_for_a_site_or_all(db: None):
    plant = Site.objects.create(slug="plant", name="Plant")
    for words, site in ((["operator", "--site", "plant"], plant), (["administrator"], None)):
        name = words[0]
        assert account(said("invite", *words), name).status_code == 302
        assert Grant.objects.filter(
            user__username=name, site=site, role=Role[name.upper()]
        ).exists()
    with pytest.raises(CommandError):
        said("invite", "viewer", "--site", "nowhere")


def test_every_page_says_that_the_printed_password_stands_until_it_is_another(db: None):
    admin = User.objects.create_superuser("admin", password=PASSWORD)
    printed.note(admin)
    here = Client()
    here.force_login(admin)
    assert b'id="stands"' in here.get("/pipeline/").content
    admin.set_password(NEW)  # as `manage.py changepassword` does
    admin.save()
    here.force_login(admin)
    assert b'id="stands"' not in here.get("/pipeline/").content
