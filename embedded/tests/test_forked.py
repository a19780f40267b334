"""A program in a fork of supervisord cannot tell: it starts, is shown and ends as ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.up.data_folder import DataFolder
from embedded.up.forked import MANAGE, is_ours
from embedded.up.supervision import Program, Supervisor
from tests.waiting import eventually

ROOT = MANAGE.parent
# Forks for each script of the first argument, and says how each ended. It has handlers of signals
# and a stream of its own, as supervisord has.
PARENT = """
import io, json, os, signal, sys
from embedded.up import forked
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, print)
sys.stdout = sys.stderr = io.StringIO()
ends = {}
for name, script in json.loads(sys.argv[1]).items():
    if not os.fork():
        environment = {**os.environ, "SUPERVISOR_PROCESS_NAME": name}
        forked.run([sys.executable, script, "--word", "a b"], environment)
    ends[name] = os.waitstatus_to_exitcode(os.wait()[1])
sys.__stdout__.write(json.dumps(ends))
"""
SCRIPTS = {
    "done": "",
    "counted": "import sys; sys.exit(3)",
    "told": "import sys; sys.exit('no such thing')",
    "raised": "{}['missing']",
    "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
    # Until its threads have ended, and with what it wants done at the end.
    "lasting": """
import atexit, sys, threading, time
atexit.register(lambda: sys.stderr.write('at the end\\n'))
def last():
    threading.main_thread().join()
    sys.stderr.write('a thread\\n')
threading.Thread(target=last).start()
""",
    "shown": """
import json, os, pathlib, random, sys
about = pathlib.Path('/proc/self')
print(json.dumps({
    'main': __name__, 'words': sys.argv, 'name': os.environ['SUPERVISOR_PROCESS_NAME'],
    'comm': about.joinpath('comm').read_text().strip(),
    'shown': about.joinpath('cmdline').read_text().rstrip('\\0').split('\\0'),
    'random': random.random(),
}), file=sys.stderr)
""",
}


@pytest.mark.process
def test_it_starts_is_shown_and_ends_as_if_started_anew(tmp_path: Path) -> None:
    scripts = {name: str(tmp_path / f"{name}.py") for name in SCRIPTS}
    for name, script in scripts.items():
        Path(script).write_text(SCRIPTS[name])
    scripts["a name of many letters"] = scripts["shown"]
    # `ps` has no more room for a command than that of the parent took.
    done = subprocess.run(
        [sys.executable, "-c", PARENT, json.dumps(scripts)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {
        **dict.fromkeys(scripts, 0),
        "counted": 3,
        "told": 1,
        "raised": 1,
        "terminated": -15,
        "interrupted": 1,
    }
    assert "no such thing\n" in done.stderr
    assert "KeyError: 'missing'\n" in done.stderr
    assert "KeyboardInterrupt\n" in done.stderr
    assert "a thread\nat the end\n" in done.stderr
    first, second = (json.loads(line) for line in done.stderr.splitlines() if line[:1] == "{")
    assert first["random"] != second["random"]
    assert first["words"] == [scripts["shown"], "--word", "a b"]
    assert first["shown"] == [sys.executable, *first["words"]]
    assert first["main"] == "__main__"
    assert (first["comm"], second["comm"]) == ("shown", "a name of many")
    assert second["name"] == "a name of many letters"


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        ([str(MANAGE), "runbridge", "--probe", "x"], True),
        (["-m", "daphne", "config.asgi:application"], True),
        (["-m", "firmware_sim", "--devices", "3"], False),
        ([str(MANAGE), "migrate"], False),
        (["-c", "pass"], False),
        ([str(MANAGE)], False),
    ],
)
def test_what_shares_little_is_started_anew(words: list[str], ours: bool) -> None:
    assert is_ours([sys.executable, *words]) == ours
    assert not is_ours(["/usr/bin/python3", *words])


@pytest.mark.process
def test_a_setting_that_is_wrong_is_said_by_the_program_itself(tmp_path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PULSEBOARD_")
    }
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    command = [sys.executable, str(MANAGE), "runengine"]
    supervisor = Supervisor([Program("one", command)], DataFolder(tmp_path), environment)
    try:
        supervisor.wait_until_ready()
        supervisor.start("one")
        said = "manage.py runengine: PULSEBOARD_SECRET_KEY is not set"
        eventually(lambda: said in supervisor.tail("one"), what=lambda: supervisor.tail("one"))
        assert supervisor.is_running()
    finally:
        supervisor.stop()
    log = (tmp_path / "logs" / "supervisord.log").read_text()
    assert "imports for itself what all share: ImproperlyConfigured" in log
