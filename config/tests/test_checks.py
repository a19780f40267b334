"""Settings that are each possible and together a mistake are told before anything starts."""

from __future__ import annotations

import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core.checks import run_checks

from config.checks import TAG

ROOT = Path(__file__).resolve().parents[2]


def found() -> list[str]:
    return [message.id for message in run_checks(tags=[TAG])]


@pytest.fixture(autouse=True)
def sound(settings, tmp_path: Path) -> None:
    settings.SPOOL_FOLDER = tmp_path / "not" / "there" / "yet"
    settings.SPOOL_LIMIT = 1
    settings.METRICS_TOKEN = ""
    settings.ALLOWED_HOSTS = ["localhost", "pulse.example.org"]
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        ({"SECRET_KEY": "short"}, ["pulseboard.W001"]),
        ({"METRICS_TOKEN": "abc"}, ["pulseboard.W002"]),
        ({"BROKER_SECRET": "abc"}, ["pulseboard.E023"]),
        ({"DEBUG": True}, ["pulseboard.E001"]),
        ({"DEBUG": True, "ALLOWED_HOSTS": ["localhost", "[::1]"]}, []),
        ({"ALLOWED_HOSTS": ["*"]}, ["pulseboard.W003"]),
        ({"PULSEBOARD_PREFIX": "two words"}, ["pulseboard.E002"]),
        ({"PULSEBOARD_PREFIX": ""}, ["pulseboard.E002"]),
        ({"PULSEBOARD_PUBLISH": ["freezer-*", "tank-1/level"]}, []),
        ({"PULSEBOARD_PUBLISH": ["two words"]}, ["pulseboard.E007"]),
        ({"PULSEBOARD_HOMEASSISTANT": "homeassistant"}, []),
        ({"PULSEBOARD_HOMEASSISTANT": "home/assistant"}, ["pulseboard.E008"]),
        ({"SPOOL_FOLDER": Path(__file__)}, ["pulseboard.W004"]),
        ({"SPOOL_LIMIT": 2**70}, ["pulseboard.W005"]),
        ({"NOTIFY_ALLOW": [ip_network("10.0.0.0/8"), ip_network("fd00::/64")]}, []),
        ({"NOTIFY_ALLOW": [ip_network("169.254.0.0/16")]}, ["pulseboard.W006"]),
        ({"NOTIFY_ALLOW": [ip_network("::/0")]}, ["pulseboard.W006"]),
        ({"DEFAULT_FROM_EMAIL": "Pulse <pulse@plant.example>"}, []),
        ({"DEFAULT_FROM_EMAIL": "pulse"}, ["pulseboard.E005"]),
        ({"PUBLIC_URL": "https://pulse.example"}, []),
        ({"PUBLIC_URL": "pulse.example"}, ["pulseboard.E006"]),
        ({"HEARTBEAT_URL": "ftp://hc.example"}, ["pulseboard.E006"]),
        ({"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "pulse"}, []),
        ({"OIDC_ISSUER": "http://id.example", "OIDC_CLIENT_ID": "pulse"}, ["pulseboard.E020"]),
        ({"OIDC_ISSUER": "https://id.example"}, ["pulseboard.E021"]),
        ({"OIDC_ROLES": ["ops=operator@plant", "all=viewer"]}, []),
        ({"OIDC_ROLES": ["ops"]}, ["pulseboard.E022"]),
        ({"OIDC_ROLES": ["ops=king"]}, ["pulseboard.E022"]),
    ],
)
def test_a_mistake_is_found(settings, changed: dict[str, object], ids: list[str]) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    assert found() == ids


@pytest.mark.process
@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PULSEBOARD_PREFIX", "two words", "PULSEBOARD_PREFIX is 'two words'"),
        ("PULSEBOARD_SECRET_KEY", "", "PULSEBOARD_SECRET_KEY is not set"),
        ("PULSEBOARD_LOG_LEVEL", "LOUD", "PULSEBOARD_LOG_LEVEL must be one of"),
        ("REDIS_URL", "http://localhost", "REDIS_URL must"),
        ("MQTT_URL", "tcp://localhost", "MQTT_URL must"),
        ("PULSEBOARD_NOTIFY_ALLOW", "10.1.2.3/8", "PULSEBOARD_NOTIFY_ALLOW: 10.1.2.3/8 has host"),
        ("PULSEBOARD_ROLLUP_RETENTION_DAYS", "3", "must be a whole number from 30 to"),
    ],
)
def test_bootstrap_says_it_in_a_line_and_does_nothing(variable: str, value: str, says: str) -> None:
    environment = {**os.environ, "PULSEBOARD_RETENTION_DAYS": "30", variable: value}
    command = [sys.executable, "manage.py", "bootstrap"]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
