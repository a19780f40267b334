"""The settings of production: what Django's own check for them says, and secrets out of files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from tests.servers import NOWHERE

ROOT = Path(__file__).resolve().parents[2]
KEY = "k" * 30 + "0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.mark.process
def test_the_check_for_production_finds_nothing(tmp_path: Path):
    secret = tmp_path / "key"
    secret.write_text(f"{KEY}\n")
    kept = {name: value for name, value in os.environ.items() if name != "PULSEBOARD_SECRET_KEY"}
    environment = {
        **kept, "PULSEBOARD_SECRET_KEY_FILE": str(secret), "PULSEBOARD_TLS_PROXY": "yes",
        "PULSEBOARD_ALLOWED_HOSTS": "pulse.example.org", "DATABASE_URL": NOWHERE,
        "PULSEBOARD_SPOOL": str(tmp_path), "PULSEBOARD_SPOOL_MIB": "1",
    }  # fmt: skip
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    for each in env.SECRETS:
        monkeypatch.delenv(each, raising=False)
        monkeypatch.delenv(f"{each}_FILE", raising=False)
    return "PULSEBOARD_METRICS_TOKEN"


@pytest.mark.parametrize("secret", env.SECRETS)
def test_a_secret_is_read_from_its_file(
    secret: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "secret").write_text(" a b\n")
    monkeypatch.setenv(f"{secret}_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv(secret, "")
    env.adopt_files()
    assert env.text(secret) == "a b"
    env.adopt_files()  # a process that this one started
    assert env.text(secret) == "a b"


def test_a_mistake_names_the_variable_and_never_the_secret(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "secret"
    monkeypatch.setenv(f"{name}_FILE", str(path))
    with pytest.raises(ImproperlyConfigured, match=f"{name}_FILE: .* cannot be read: No such file"):
        env.adopt_files()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ImproperlyConfigured, match="it is no text"):
        env.adopt_files()
    path.write_text("\n")
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        env.adopt_files()
    path.write_text("hidden-word")
    monkeypatch.setenv(name, "other")
    with pytest.raises(ImproperlyConfigured, match="both set") as raised:
        env.adopt_files()
    assert "hidden-word" not in str(raised.value)


def test_every_setting_that_is_named_like_a_secret_is_one():
    """A new one cannot be forgotten."""
    settings = (ROOT / "config" / "settings.py").read_text()
    words = {word for line in settings.splitlines() for word in line.split('"') if "_" in word}
    like = {word for word in words if word.endswith(("_KEY", "_TOKEN", "_PASSWORD", "_SECRET"))}
    ours = {word for word in like if word.startswith("PULSEBOARD_")}
    assert ours <= set(env.SECRETS)
    assert ours
