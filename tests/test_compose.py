"""docker-compose.yml against the project: there is no Docker engine here, so every command, path,
port and variable in it is held to the code it names."""

from __future__ import annotations

import ast
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from daphne.cli import CommandLineInterface
from django.core.management import get_commands, load_command_class

from devices import broker_file
from devices.dynsec import BRIDGE, CONTROL
from embedded.servers import postgres
from embedded.servers.mqtt import MAX_QUEUED_BYTES
from embedded.up import stack as embedded_stack
from firmware_sim import options as simulator
from telemetry.workers.probe import parse_address
from tests import compose_file
from tests.compose_file import OURS, ROOT

CHECKERS = {  # the program of each health check, and the image that has it
    "pg_isready": "timescale/timescaledb",
    "redis-cli": "redis",
    "mosquitto_sub": "eclipse-mosquitto",
    "python": "pulseboard",
    "grep": "pulseboard",
}
SHELL_ONLY = {"SIM_DEVICES", "REDIS_PASSWORD"}
IMAGE_VARIABLES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}  # of the Postgres image


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return compose_file.generated()


@pytest.fixture(scope="module")
def services(generated: dict[str, str]) -> dict[str, Any]:
    return compose_file.resolved(generated)["services"]


def test_every_part_is_there(services):
    assert set(services) == {
        *OURS, "timescaledb", "redis", "mosquitto",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["broker-restore", "migrate", "bridge", "maintain", "engine"])
def test_management_commands_exist_and_take_these_options(services, name: str):
    python, script, command, *rest = compose_file.words(services[name])
    assert (python, script) == ("python", "manage.py")
    assert (ROOT / script).is_file()
    parser = load_command_class(get_commands()[command], command).create_parser(script, command)
    parser.parse_args(rest)


def test_daphne_takes_these_options_and_serves_our_application(services):
    program, *rest = services["web"]["command"]
    assert program == "daphne"
    given = CommandLineInterface().parser.parse_args(rest)
    module, attribute = given.application.split(":")
    assert attribute in vars(__import__(module, fromlist=[attribute]))
    assert (given.host, given.port) == ("0.0.0.0", 8000)
    assert given.websocket_max_message_size == embedded_stack.MAX_WEBSOCKET_BYTES
    assert given.ping_interval == given.ping_timeout == embedded_stack.PING_SECONDS


@pytest.mark.parametrize("name", ["register", "sim"])
def test_the_simulator_takes_these_options(services, name: str):
    environment = services[name]["environment"]
    python, flag, module, *rest = compose_file.words(services[name])
    assert (python, flag, module) == ("python", "-m", "firmware_sim")
    rest = [word.replace('"$SIM_DEVICES"', environment["SIM_DEVICES"]) for word in rest]
    given = simulator.parse(rest, {"MQTT_URL": environment["MQTT_URL"]})
    assert given.mqtt.endswith("@mosquitto:1883")
    assert given.register_only == (name == "register")


def test_every_variable_is_read_by_what_it_is_given_to(services):
    read = set()
    for folder in ("config", "devices", "embedded", "firmware_sim"):
        for path in (ROOT / folder).rglob("*.py"):
            if "tests" not in path.parts:
                read |= {
                    node.value
                    for node in ast.walk(ast.parse(path.read_text()))
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                }
    for name in OURS:
        for variable in services[name]["environment"]:
            in_shell = f"${variable}" in str(services[name]["command"])
            assert variable in read or (variable in SHELL_ONLY and in_shell), (name, variable)
    for name in set(services) - set(OURS):
        for variable in services[name].get("environment", {}):
            used = str(services[name].get("command")) + str(services[name].get("healthcheck"))
            known = variable in IMAGE_VARIABLES and name == "timescaledb"
            assert known or f"${variable}" in used, (name, variable)


def test_the_generator_and_the_file_name_the_same_variables(generated):
    used = compose_file.variables(compose_file.FILE.read_text())
    assert set(used) == set(generated)
    assert {name for name, default in used.items() if default is None} == set(
        compose_file.make_env.SECRETS
    )


@pytest.mark.parametrize("missing", compose_file.make_env.SECRETS)
def test_no_secret_has_a_default(generated, missing: str):
    with pytest.raises(LookupError, match="compose-env"):
        compose_file.resolved({**generated, missing: ""})


def test_no_password_is_written_in_the_files():
    for path in (compose_file.FILE, ROOT / "Dockerfile", *(ROOT / "deploy").glob("mosquitto*")):
        text = compose_file.VARIABLE.sub("<given>", path.read_text())
        for name, value in re.findall(r"(?i)(\w*(?:password|secret_key|token))[=:] ?(\S+)", text):
            # A path is the volume called token, not a token.
            assert value == "<given>" or "$" in value or value[0] == "/", (path.name, name, value)
        for user, password in re.findall(r"://([^\s/:@]*):([^\s/@]+)@", text):
            assert password == "<given>", (path.name, user)


@pytest.mark.process
def test_the_generator_makes_new_secrets_and_keeps_old_ones(tmp_path: Path):
    path = tmp_path / ".env"
    run = [sys.executable, str(ROOT / "deploy/make_env.py"), str(path)]
    assert subprocess.run(run, capture_output=True, check=False).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text()
    again = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (again.returncode, path.read_text()) == (0, first)
    lacking = re.sub(r"^MQTT_CONTROL_PASSWORD=.*\n", "", first, flags=re.M)
    path.write_text(lacking)  # of a release that had no such secret
    again = subprocess.run(run, capture_output=True, text=True, check=False)
    assert "added: MQTT_CONTROL_PASSWORD" in again.stdout
    now = path.read_text()
    assert now.startswith(lacking)
    assert re.fullmatch(r"MQTT_CONTROL_PASSWORD=\S{40,}\n", now.removeprefix(lacking))
    secrets = [compose_file.generated()[name] for name in compose_file.make_env.SECRETS]
    assert len({*secrets, *(line.partition("=")[2] for line in first.splitlines())}) > 10
    assert all(len(secret) >= 40 for secret in secrets)


def test_the_brokers_accounts_are_written_where_it_reads_them(services):
    *words, path = services["broker-accounts"]["command"]
    assert words == ["python", "-m", "devices.broker_file"]
    conf = (ROOT / "deploy/mosquitto.conf").read_text()
    assert f"\nplugin_opt_config_file {path}\n" in conf
    (volume,) = services["broker-accounts"]["volumes"]
    assert volume in services["mosquitto"]["volumes"]
    restore = services["broker-restore"]
    assert (restore["command"][-1], restore["volumes"]) == (path, [volume])
    assert restore["user"] == services["broker-accounts"]["user"]
    folder = volume.partition(":")[2]
    assert Path(path).parent == Path(folder)
    # A new volume takes its owner from the image's folder.
    owner = services["broker-accounts"]["user"]
    uid, gid = owner.split(":")
    assert f"install -d -o {uid} -g {gid} -m 0700 {folder}" in (ROOT / "Dockerfile").read_text()
    given = services["broker-accounts"]["environment"]
    assert set(given) == set(broker_file.PASSWORDS.values())
    for url, account in (("MQTT_URL", BRIDGE), ("PULSEBOARD_BROKER_CONTROL_URL", CONTROL)):
        whole = services["engine"]["environment"][url]
        assert whole.startswith(f"mqtt://{account}:{given[broker_file.PASSWORDS[account]]}@")


def test_a_new_database_gets_a_role_that_is_no_superuser(services):
    """What the script does is tried in embedded/tests/test_database_role.py, and on TimescaleDB in
    telemetry/tests/test_timescale_store.py."""
    database = services["timescaledb"]
    script = postgres.ROLE_SCRIPT.relative_to(ROOT)
    # Last of what the image has there: those before it want the superuser's name.
    mounted = f"./{script}:/docker-entrypoint-initdb.d/zz-role.sql:ro"
    assert mounted in database["volumes"]
    assert mounted.split(":")[1] in (ROOT / "docs/deployment.md").read_text()
    assert database["environment"]["POSTGRES_USER"] == postgres.ROLE
    assert database["environment"]["POSTGRES_DB"] == postgres.DATABASE
    for name in ("migrate", "web", "bridge", "maintain", "engine"):
        assert services[name]["environment"]["DATABASE_URL"].startswith(
            f"postgresql://{postgres.ROLE}:{database['environment']['POSTGRES_PASSWORD']}@"
        )


def test_every_part_has_a_limit_of_memory_that_its_own_bounds_stay_below(services):
    limits = {name: service["mem_limit"] for name, service in services.items()}
    # Postgres was tuned to the machine when its volume was new: a limit is whoever's runs it.
    assert limits.pop("timescaledb") == "0"
    assert set(limits.values()) == {"1g", "512m", "3g"}
    assert limits["mosquitto"] == "3g"
    conf = (ROOT / "deploy/mosquitto.conf").read_text()
    assert MAX_QUEUED_BYTES < 3 * 1024**3
    assert f"\nmax_queued_bytes {MAX_QUEUED_BYTES}\n" in conf


def test_ports_are_published_on_loopback_and_match_their_servers(services):
    published = {name: s["ports"] for name, s in services.items() if "ports" in s}
    assert published == {
        "web": ["127.0.0.1:8000:8000"],
        "mosquitto": ["127.0.0.1:1883:1883"],
    }
    conf = (ROOT / "deploy/mosquitto.conf").read_text()
    assert re.search(r"^listener 1883$", conf, re.M)
    assert ":075B" in str(services["sim"]["healthcheck"])
    assert int("075B", 16) == 1883
    for name in ("bridge", "maintain", "engine"):
        command = services[name]["command"]
        host, port = parse_address(command[command.index("--probe") + 1])
        assert host == "0.0.0.0"  # a Prometheus of the same network reads it; it is not published
        assert f"127.0.0.1:{port}/healthz" in str(services[name]["healthcheck"])


def test_addresses_name_services_of_the_file(services):
    for name in OURS:
        text = str(services[name])
        for host in re.findall(r"(?:@|http://)([a-z][a-z-]*):\d+", text):
            # What devices outside of the network are told is the machine's own name.
            assert host in {*services, "localhost"}, (name, host)


def test_health_checks_use_programs_of_their_image(services):
    for name, service in services.items():
        if service.get("restart") != "unless-stopped":
            continue
        kind, *test = service["healthcheck"]["test"]
        programs = [program for program in CHECKERS if re.search(rf"\b{program}\b", " ".join(test))]
        assert kind in ("CMD", "CMD-SHELL")
        assert any(service["image"].startswith(CHECKERS[each] + ":") for each in programs), name
        if "python" in programs:
            compile(test[2], name, "exec")


def test_what_others_wait_for_can_come_true(services):
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], (name, other)
            else:
                assert how["condition"] == "service_completed_successfully"
                assert services[other].get("restart", "no") == "no", (name, other)


def test_mounted_files_exist_and_volumes_are_declared(services):
    declared = yaml.safe_load(compose_file.FILE.read_text())["volumes"]
    used = set()
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).is_file(), source
            else:
                used.add(source)
    assert used == set(declared)


def test_images_are_pinned(services):
    for service in services.values():
        tag = service["image"].partition(":")[2]
        assert tag
        assert tag != "latest"
        assert tag == "local" or re.match(r"\d+\.\d+\.\d+", tag), service["image"]


def test_no_part_gains_privileges_and_none_shows_a_password_among_its_arguments(services):
    for name, service in services.items():
        assert "no-new-privileges:true" in service.get("security_opt", []), name
        *_, kept = str((service.get("command") or [""])[-1]).rpartition("exec ")
        assert "PASSWORD" not in kept, name
