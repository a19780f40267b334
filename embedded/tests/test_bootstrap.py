"""`manage.py bootstrap`, as docker-compose.yml runs it before everything else."""

import os
import stat
import sys

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from embedded.up.database import OPERATOR
from tests import forking

pytestmark = pytest.mark.django_db(transaction=True)


def registers(token: str) -> bool:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client.get("/api/v1/devices/").status_code == 200


def test_the_first_run_makes_an_operator_and_later_runs_leave_it(capsys):
    call_command("bootstrap")
    password = capsys.readouterr().out.split("password ")[1].split()[0]
    operator = authenticate(username=OPERATOR, password=password)
    assert operator is not None
    assert operator.is_superuser
    call_command("bootstrap")
    assert "password" not in capsys.readouterr().out
    assert get_user_model().objects.filter(is_superuser=True).count() == 1


def test_the_token_registers_devices_is_private_and_ends_with_the_next(tmp_path):
    path = tmp_path / "token"
    call_command("bootstrap", "--token-file", str(path), verbosity=0)
    first = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert registers(first)
    path.chmod(0o644)
    call_command("bootstrap", "--token-file", str(path), verbosity=0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert registers(path.read_text())
    assert not registers(first)


def test_a_token_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(CommandError, match="nowhere"):
        call_command("bootstrap", "--token-file", str(tmp_path / "nowhere" / "token"))


@pytest.mark.process
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://u:secret@127.0.0.1:1/x", "Is DATABASE_URL right"),
        ("postgresql://u:secret@no-such-host.invalid/x", "Is DATABASE_URL right"),
        ("postgres//typo", "must start with postgresql://"),
        ("postgresql://u:secret@host:99999/x", "valid port"),
    ],
)
def test_a_wrong_address_is_said_in_a_few_lines(url: str, says: str) -> None:
    done = forking.run(
        [sys.executable, "manage.py", "bootstrap"], {**os.environ, "DATABASE_URL": url}
    )
    assert done.returncode == 1
    assert says in done.stdout
    assert len(done.stdout.splitlines()) <= 4
    assert "secret" not in done.stdout
