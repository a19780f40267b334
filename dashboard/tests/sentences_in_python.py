"""What Python says to people without marking it: the literals that read as words.

A refusal is said where it is found, often in a pure module that knows no reader. It is English
there; `telemetry.series.recognised` knows it again where somebody reads it. So each such literal
has an entry in the catalogue, and what finds them is here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    *("access", "alerts", "bridge", "config", "dashboard", "derived", "devices"),
    *("notifications", "shiftlog", "telemetry"),
)
# What is in these is said to whoever runs the processes, to programs, or to a database.
SILENT_FOLDERS = (
    *("/tests/", "/migrations/", "/management/", "bridge/mqtt/", "bridge/http/"),
    *("bridge/thingsboard/", "access/json_rows", "bridge/accounts/reconciling"),
    *("telemetry/sql/", "telemetry/storage/", "telemetry/workers/", "dashboard/live/"),
    *("telemetry/live/", "telemetry/maintenance", "telemetry/following", "bridge/publish/"),
    *("bridge/metrics", "bridge/worker", "bridge/commit/spool", "bridge/commit/committer"),
    "bridge/commit/database_state",
    *("config/settings", "config/env", "config/servers", "config/logs", "dashboard/health"),
    *("dashboard/pages/content_policy", "dashboard/language/", "telemetry/jobs", "telemetry/role"),
    *("alerts/ready_made.py", "devices/broker_file", "devices/certificates", "keeping.py"),
    *("access/openid", "notifications/heartbeat", "dashboard/sessions", "dashboard/audit_kept"),
    *("telemetry/history/pieces", "telemetry/history/news", "notifications/words"),
    "devices/api/refusals",
)
# Arguments of these: marked already, logged, sent to a database, or of the API's description.
SILENT_CALLS = {
    *("say", "marked", "_", "gettext", "gettext_lazy", "ngettext", "pgettext", "npgettext"),
    *("debug", "info", "warning", "error", "exception", "critical", "log"),
    *("execute", "executemany", "copy", "compile", "SQL", "delete_where", "getLogger"),
    *("ImproperlyConfigured", "Error", "Warning", "Gauge", "Counter", "Histogram"),
    *(
        "described",
        "acts",
        "ms",
        "exact_ms",
        "whole",
        "days_",
        "_days",
        "ContextVar",
        "TypeVar",
        "NewType",
    ),
    *("RightType", "AssertionError", "NotImplementedError", "RuntimeError", "TypeError"),
    *("strip", "startswith", "endswith", "split", "partition", "replace", "getenv"),
}
SILENT_KEYWORDS = {
    *("help_text", "summary", "description", "parameters", "tags", "hint", "extra", "responses"),
    *("content_type", "client_kwargs", "prog", "help", "verbose_name", "verbose_name_plural"),
    *("extensions", "examples", "operation_id"),
}
SILENT_NAMES = {"verbose_name", "verbose_name_plural", "help_text", "default_code"}
# What else nobody reads on a page, by file: names, headers, errors that are caught, the API's
# description, and what tells a device or who runs the processes.
NOT_SHOWN: dict[str, set[str]] = {
    "access/codes.py": {"code app"},
    "access/compiled_query.py": {"the query has no {1}"},
    "alerts/engine/whole.py": {"NDArray[np.float64] | list[float | str]"},
    "alerts/rules/transfer_api.py": {'attachment; filename="pulseboard-alert-rules.yaml"'},
    "bridge/accounts/claims.py": {
        "Over MQTT a device brings its token, for others hear the answer: token.",
        "It is one JSON object of at most 4096 bytes.",
    },
    "bridge/adoption/api.py": {"also known as"},
    "bridge/adoption/uids_api.py": {"also known as", "merged with"},
    "bridge/decode/conventions/sparkplug/__init__.py": {
        *("Node Control/", "Device Control/", "hardware make", "hardware model"),
        *("firmware version", "Engineering Units"),
    },
    "bridge/rules/transfer_api.py": {'attachment; filename="pulseboard-rules.json"'},
    "config/django_handler.py": {"Django answers HTTP alone, not {1}."},
    "config/static_files.py": {"max-age=31536000, public, immutable"},
    "dashboard/pages/openid.py": {"No OpenID Connect server is set."},
    "dashboard/pages/ways.py": {"No server takes e-mail."},
    "dashboard/pages/words.py": {"max-age=31536000, public, immutable", "max-age=0, no-cache"},
    "derived/api/views.py": {"Derived series"},
    "derived/claims.py": {"another process has it, or it was changed"},
    "devices/admin.py": {"status topic"},
    "devices/apps.py": {"API access"},
    "devices/api/pagination.py": {
        "Rows of a page: 1 to {1}.",
        "From `next`: the order as it was at the first page.",
    },
    "devices/claiming.py": {
        "No site has this provisioning key.",
        "A device of this name is there already.",
        "deviceName: 1 to 64 characters, each a letter, a digit, '_' or '-'.",
        "credentialsType: ACCESS_TOKEN is the only one.",
        "token: {1} and 43 to 125 of A-Z, a-z, 0-9, '_' and '-'.",
        "token: another device has it.",
    },
    "devices/sealing.py": {"device tokens for the broker"},
    "notifications/links.py": {"a link in {1}"},
    "notifications/models/channel.py": {"Web Push"},
    "notifications/occasions.py": {"forgot {1} occasions", "an occasion is of an alert"},
    "notifications/sealed.py": {"channel secrets"},
    "notifications/standing.py": {"Nobody keeps alerts: register a source."},
    "notifications/vapid.py": {"web push"},
    "shiftlog/noted/quarantine.py": {"{1} bursts in quarantine"},
    "shiftlog/record.py": {"{1} is no kind of what the system notes"},
    "telemetry/api/imports.py": {
        "The column of the time.",
        "The column of the device.",
        "The column of the metric, of a long table.",
        "The column of the value, of a long table.",
        "The uid of the device all of it is of.",
        "The zone of times that name none: Europe/Berlin. UTC otherwise.",
        "The unit of every series that is new.",
        "What a time that is a number counts: s, ms, us or ns.",
        "Between the cells of CSV.",
        "The slug of the site where new devices stand.",
        "Keep what is no number as a text.",
        "Register devices that are missing.",
        "Leave out what retention would remove.",
        "Write nothing; say what would be done.",
        "Even if this file was imported before.",
    },
    "telemetry/api/selection.py": {"telemetry_series.id = ANY (%s)"},
    "telemetry/api/shapes.py": {"Unix milliseconds."},
    "telemetry/export/answer.py": {"{1}; charset=utf-8; header=present"},
    "telemetry/history/grid.py": {"beyond the calendar"},
    "telemetry/on_demand.py": {"two of {1} are named {2}"},
}


class Sentence(NamedTuple):
    """A literal, where it stands."""

    where: str  # file
    line: int
    text: str  # {1}, {2} … for what stands in it


def sentences() -> Iterator[Sentence]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if not any(part in f"/{name}" for part in SILENT_FOLDERS):
                found = of_source(name, path.read_text())
                yield from (each for each in found if each.text not in NOT_SHOWN.get(name, ()))


def of_source(name: str, source: str) -> Iterator[Sentence]:
    """Those of one module."""
    tree = ast.parse(source)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        text = _text(node)
        if text is not None and reads_as_words(text) and not _is_silent(node, above):
            yield Sentence(name, node.lineno, text)  # type: ignore[attr-defined]  # a literal has it


def numbered(text: str) -> str:
    """With its holes as this catalogue has them: those that follow one another are one."""
    count = iter(range(1, 100))
    return re.sub(r"(?:\{[\w!:.]*\})+", lambda _: f"{{{next(count)}}}", text)


def reads_as_words(text: str) -> bool:
    plain = re.sub(r"\{\w+\}", "", text)
    if re.match(r"(SELECT|COPY|INSERT|DELETE) |string_agg\(", text):  # composed for the database
        return False
    return " " in text.strip() and len(re.findall(r"[A-Za-z]{2,}|\d{4}", plain)) > 1


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return numbered(node.value)
    if isinstance(node, ast.JoinedStr):
        pieces = (each.value if isinstance(each, ast.Constant) else "{}" for each in node.values)
        return numbered("".join(map(str, pieces)))
    return None


def _is_silent(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    parent = above.get(node)
    if isinstance(parent, ast.JoinedStr | ast.FormattedValue | ast.Expr):
        return True
    while parent is not None and not isinstance(parent, ast.stmt):
        if isinstance(parent, ast.keyword) and parent.arg in SILENT_KEYWORDS:
            return True
        if isinstance(parent, ast.Call):
            called = parent.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in SILENT_CALLS:
                return True
        parent = above.get(parent)
    targets = parent.targets if isinstance(parent, ast.Assign) else []
    return any(getattr(each, "id", "") in SILENT_NAMES for each in targets)
