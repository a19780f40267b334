"""The examples of deploy/ against the code: commands, options, settings, and real parsers."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest
from daphne.cli import CommandLineInterface
from django.conf import settings
from django.core.management import get_commands, load_command_class

from devices.credentials import new_credential
from embedded.up import stack
from embedded.up.options import read

DEPLOY = Path(settings.BASE_DIR) / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DOC = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text()


def section(unit: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read_string(unit.read_text())
    return parser["Service"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_that_exists_with_options_it_takes(unit: Path) -> None:
    service = section(unit)
    for key in ("ExecStartPre", "ExecStart"):
        if key not in service:
            continue
        program, *words = shlex.split(service[key].replace("%i", "1"))
        assert program.startswith(f"{service['WorkingDirectory']}/.venv/bin/")
        if program.endswith("daphne"):
            given = CommandLineInterface().parser.parse_args(words)
            assert given.websocket_max_message_size == stack.MAX_WEBSOCKET_BYTES
            assert given.ping_interval == given.ping_timeout == stack.PING_SECONDS
        elif words[1] == "up":
            assert not read(words[2:]).simulator
        else:
            command = load_command_class(get_commands()[words[1]], words[1])
            command.create_parser(words[0], words[1]).parse_args(words[2:])
    for variable in re.findall(r"^Environment=(\w+)=", unit.read_text(), re.M):
        assert f"`{variable}`" in DOC


def test_everything_has_a_unit() -> None:
    commands = " ".join(section(unit)["ExecStart"] for unit in UNITS)
    for name in (" up ", "daphne", "runbridge", "maintain", "runengine"):
        assert name in commands


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_takes_bodies_as_large_as_we_do_and_names_settings_there_are(name: str) -> None:
    text = (DEPLOY / name).read_text()
    megabytes = re.search(r"max_(?:body_)?size (\d+)", text)
    assert megabytes
    assert int(megabytes[1]) * 2**20 == settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for variable in re.findall(r"PULSEBOARD_\w+", text):
        assert f"`{variable}`" in DOC


def test_one_web_process_that_restarts_is_not_taken_out() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    servers = re.findall(r"^    server \S+.*;$", text, re.M)
    assert len(servers) == 2
    assert all("max_fails=0" in server for server in servers)
    assert text.count("{") == text.count("}")


def test_no_address_with_a_token_or_a_link_reaches_a_log() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    unlogged = re.findall(r"^    ~(\S+)\s+0;", text, re.M)
    token = new_credential().token
    for path in (f"/api/v1/{token}/telemetry", f"/api/v1/{token}/attributes", "/a/link/"):
        assert any(re.search(pattern, path) for pattern in unlogged), path
    assert not any(re.search(pattern, "/api/v1/devices/pd_1/") for pattern in unlogged)
    assert all("if=$logged" in line for line in re.findall(r"^\s*access_log .*;$", text, re.M))
    assert not re.search(r"^\s*log\b", (DEPLOY / "Caddyfile").read_text(), re.M)
    root = DEPLOY.parent
    starting = [root / "docker-compose.yml", root / "Dockerfile", root / "embedded/up/stack.py"]
    for path in [*starting, *(DEPLOY / "systemd").glob("*")]:
        code = path.read_text()
        started = re.findall(r"config\.asgi:application", code)
        silent = re.findall(r"--verbosity\W+0\W", code)
        assert len(started) == len(silent), path
