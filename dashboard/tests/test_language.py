"""The languages of the pages: every text is marked, every marked text is German too."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import polib
import pytest
from django.contrib.auth import get_user_model
from django.template.base import Lexer, TokenType
from django.test import Client
from django.utils.translation.template import templatize

from dashboard.language import catalogue
from dashboard.tests import sentences_in_python
from telemetry import followers, jobs
from telemetry.series.recognised import Sentences
from tests.node import node

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "dashboard" / "static" / "dashboard" / "js"
TEMPLATES = ROOT / "dashboard" / "templates"
# Literals that are no texts of a page, by file: names that are the same in every language.
NAMES = {
    "push/browser-name.js": {
        "Edge", "Opera", "Samsung Internet", "Firefox", "Chrome", "Safari", "Android", "Windows",
        "Mac", "ChromeOS", "Linux", "\ufffc on \ufffc",
    },
    # Set before a page knows its language, and names of units and of states.
    "frame/badge.js": {" · Pulseboard"},
    "live/connection.js": {"catching up", "logged out"},
    "page/press.js": {"a, button, input, label, select, summary"},  # what is pressed
    "page/format.js": {"SoC", "SoH", "Wi-Fi", "\ufffc\ufffcKiB", "\ufffc\ufffcMiB"},
    "alerts/words.js": {"Of its end, "},  # as it is kept
    "notifications/hours.js": {"\ufffc min"},
    # What a table and a command look like.
    "work/import-drawer.js": {
        ("uid,name,site,kind,tags,expected_interval\nfreezer-2,Freezer 2,,freezer,"
        '"cold chain, north",10\n')
    },
    "work/new-device.js": {
        ("curl -H 'Authorization: Bearer \ufffc' \\\n"
        "  -d '{\"temperature\": -18.5}' \ufffc/api/v1/telemetry/")
    },
    # Nouns that are counted, by their names; a reaction as it is stored.
    "quarantine/replay.js": {"new reading"},
    "log/words.js": {"on it"},
    "charts/value-range.js": {"Wh"},
    # Values of choices.
    "notifications/policies.js": {
        "users \ufffc", "teams \ufffc", "rotas \ufffc", "channels \ufffc",
    },
    # A worker has no page to take a language from; the server writes what it shows.
    "charts/table-text.js": {"\ufffc mean"},  # a column of a file, for programs
    "explore/shown.js": {"\ufffc \u2212\ufffc"},
    "push/worker.js": {"Something is to be seen.", "Acknowledge"},
}  # fmt: skip
SHOWN = {"aria-label", "title", "placeholder", "alt", "content"}  # attributes people read
AS_IT_IS = {"kbd", "code", "pre", "script", "style"}  # elements whose text is for machines
# Also pieces of patterns that are examples.
SAME = {
    "device",
    "key",
    "plant",
    "site",
    "Pulseboard",
    "curl",
    "API",
    "JSON",
    "CSV",
    "NDJSON",
    "UTC",
}


WORDS = "told-words.po"  # single words that stand in recognised sentences


class Text(NamedTuple):
    where: str
    key: str
    plural: str | None = None


@pytest.fixture(scope="module")
def scripts() -> dict[str, list[dict[str, Any]]]:
    """What `words_in_scripts.mjs` finds."""
    script = Path(__file__).with_name("words_in_scripts.mjs")
    ran = subprocess.run([node(), script, SCRIPTS], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, list[dict[str, Any]]] = json.loads(ran.stdout)
    return found


GETTEXT = re.compile(
    r"""\b(gettext|pgettext|ngettext|npgettext|_)\((u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))"""
    r"""(?:, (u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')))?"""
    r"""(?:, (u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')))?"""
)
PYTHON_CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "pgettext",
    "npgettext",
    "say",
    "marked",
}


def of_call(where: str, name: str, texts: list[str]) -> Text:
    """What a call of gettext's family asks for."""
    if name.startswith("npgettext"):
        return Text(where, texts[0] + catalogue.CONTEXT + texts[1], texts[2])
    if name.startswith("ngettext"):
        return Text(where, texts[0], texts[1])
    if name.startswith("pgettext"):
        return Text(where, texts[0] + catalogue.CONTEXT + texts[1])
    return Text(where, texts[0])


def in_templates() -> Iterator[Text]:
    for path in sorted(TEMPLATES.rglob("*.html")):
        for found in GETTEXT.finditer(templatize(path.read_text(), origin=str(path))):
            yield of_call(
                path.name, found[1], [ast.literal_eval(text) for text in found.groups()[1:] if text]
            )


def in_python() -> Iterator[Text]:
    apps = ("access", "alerts", "bridge", "dashboard", "derived", "devices", "notifications")
    for app in (*apps, "shiftlog", "telemetry", "config"):
        for path in sorted((ROOT / app).rglob("*.py")):
            source = path.read_text()
            marks = ("django.utils.translation", "telemetry.series.said")
            if "/tests/" in str(path) or not any(each in source for each in marks):
                continue
            for call in ast.walk(ast.parse(source)):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                    name = call.func.id
                    if name in PYTHON_CALLS:
                        texts = [
                            str(each.value) for each in call.args if isinstance(each, ast.Constant)
                        ]
                        assert texts, f"{path}:{call.lineno}: the text must be written out"
                        yield of_call(str(path.relative_to(ROOT)), name, texts)


def in_scripts(found: dict[str, list[dict[str, Any]]]) -> Iterator[Text]:
    for each in found["marked"]:
        yield Text(each["file"], each["key"], each["plural"])


def key_of(entry: polib.POEntry) -> str:
    return f"{entry.msgctxt}{catalogue.CONTEXT}{entry.msgid}" if entry.msgctxt else entry.msgid


@pytest.mark.process
@pytest.mark.parametrize("language", catalogue.others())
def test_every_marked_text_is_translated_and_nothing_else_is(
    scripts: dict[str, list[dict[str, Any]]], language: str
):
    marked = [*in_templates(), *in_python(), *in_scripts(scripts)]
    entries = {key_of(entry): entry for entry in catalogue.texts(language)}
    missing = sorted(
        {
            f"{text.where}: {text.key!r}"
            for text in marked
            if text.key not in entries
            or bool(entries[text.key].msgstr_plural) != (text.plural is not None)
        }
    )
    assert missing == []
    assert sorted(entries.keys() - {text.key for text in marked}) == []


@pytest.mark.parametrize("language", catalogue.others())
def test_what_python_says_without_a_mark_is_recognised_and_nothing_else_is(language: str):
    found = list(sentences_in_python.sentences())
    pieces = {entry.msgid for entry in polib.pofile(str(catalogue.FOLDER / language / WORDS))}
    entries = {entry.msgid for entry in catalogue.told(language)}
    missing = {
        f"{each.where}:{each.line}: {each.text!r}" for each in found if each.text not in entries
    }
    assert sorted(missing) == []
    assert sorted(entries - pieces - {each.text for each in found}) == []
    # A word that stands in a sentence is somewhere a literal by itself.
    paths = (path for app in sentences_in_python.APPS for path in (ROOT / app).rglob("*.py"))
    source = "".join(path.read_text() for path in paths)
    assert [word for word in sorted(pieces) if f'"{word}"' not in source] == []


@pytest.mark.parametrize("language", catalogue.others())
def test_each_sentence_is_known_again_whatever_stands_in_it(language: str):
    told = {entry.msgid: entry.msgstr for entry in catalogue.told(language)}
    sentences, hole = Sentences(told), re.compile(r"\{(\d+)\}")
    for text, said in told.items():
        filled, wanted = (hole.sub(r"<\1>", each) for each in (text, said))
        assert sentences.said(filled) == wanted


def test_each_job_and_follower_has_a_name_that_is_translated():
    labelled = set(re.findall(r'"?([\w-]+)"?: t\(', (SCRIPTS / "pipeline" / "jobs.js").read_text()))
    assert {each.name for each in [*jobs.registered(), *followers.registered()]} <= labelled


@pytest.mark.parametrize("language", catalogue.others())
def test_a_text_has_one_translation_and_keeps_its_values(language: str):
    seen: dict[str, Any] = {}
    value = re.compile(r"\{\w+\}|%\(\w+\)s|%%")
    for file in sorted((catalogue.FOLDER / language).glob("*.po")):
        for entry in polib.pofile(str(file)):
            key, said = key_of(entry), entry.msgstr_plural or entry.msgstr
            assert seen.setdefault(key, said) == said, f"{key!r} has two translations"
            assert not entry.fuzzy
            assert not entry.obsolete
            named = set(value.findall(entry.msgid + entry.msgid_plural))
            for text in [entry.msgstr, *entry.msgstr_plural.values()]:
                if text:
                    # A word for one may do without the number.
                    assert set(value.findall(text)) <= named, key
            if entry.msgstr:
                assert set(value.findall(entry.msgstr)) == named, key


@pytest.mark.process
def test_every_text_of_a_script_is_marked(scripts: dict[str, list[dict[str, Any]]]):
    unmarked = [
        f"{each['file']}:{each['line']}: {each['text']!r}"
        for each in scripts["unmarked"]
        if each["text"] not in SAME | NAMES.get(each["file"], set())
    ]
    assert unmarked == []
    assert scripts["spoiled"] == []


class Unmarked(HTMLParser):
    """Collects words that stand in a template and not in a tag that translates them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in AS_IT_IS:
            self._inside.append(tag)
        if tag != "meta":
            self.found += [value or "" for name, value in attrs if name in SHOWN and says(value)]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside and says(data):
            self.found.append(" ".join(data.split()))


def says(text: str | None) -> bool:
    return any(word not in SAME for word in re.findall(r"[^\W\d_]{2,}", text or ""))


def test_every_text_of_a_template_is_marked():
    unmarked = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        plain, inside = [], False
        for token in Lexer(path.read_text()).tokenize():
            if token.token_type == TokenType.BLOCK:
                word = token.contents.split()[0]
                inside = word == "blocktranslate" or (inside and word != "endblocktranslate")
            elif token.token_type == TokenType.TEXT and not inside:
                plain.append(token.contents)
        parser = Unmarked()
        parser.feed("".join(plain))
        unmarked += [f"{path.name}: {text}" for text in parser.found]
    assert unmarked == []


@pytest.mark.django_db
def test_a_page_speaks_what_was_chosen_then_what_the_browser_asks_for_then_english(client: Client):
    german, french = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}, {"accept-language": "fr"}

    def shown(headers: dict[str, str]) -> tuple[str, bool]:
        text = client.get("/login/", headers=headers).content.decode()
        return re.findall(r'<html lang="(\w+)"', text)[0], "Passwort" in text

    assert shown(german) == ("de", True)
    assert shown(french) == ("en", False)
    answer = client.post(
        "/language/", {"language": "de"}, headers={"referer": "http://testserver/?site=x&y=1"}
    )
    assert answer["Location"] == "http://testserver/?site=x&y=1"
    assert shown(french) == ("de", True)
    client.post("/language/", {"language": "en"})
    assert shown(german) == ("en", False)


@pytest.mark.django_db
def test_the_words_of_a_language_are_kept_until_they_change(client: Client):
    client.force_login(get_user_model().objects.create_user("olga"))
    page = client.get("/", headers={"accept-language": "de"}).content.decode()
    [address] = re.findall(r'data-words="([^"]+)"', page)
    answer = client.get(address)
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert '"Fleet":"' in answer.content.decode()
    other = client.get(re.sub(r"\w{12}\.js", "0123456789ab.js", address))
    assert "immutable" not in other["Cache-Control"]
    assert client.get("/words/xx/0123456789ab.js").status_code == 404
    assert "data-words" not in client.get("/", headers={"accept-language": "en"}).content.decode()
