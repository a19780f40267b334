"""What English texts are called in other languages.

The English text is the name of an entry. Translators write `<language>/<area>.po`, one file for
each area of the pages. They are read with the addresses of the pages: gettext's usual `.mo` files
would have to be made after every change, and would be a build step between a checkout and a page.
"""

from __future__ import annotations

import hashlib
import json
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.utils.translation import trans_real

from telemetry.series import recognised

FOLDER = Path(__file__).parent
TOLD = "told-"  # begins the names of files of sentences that are recognised
CONTEXT = "\x04"  # between the context of an entry and its text, as gettext has it

_scripts: dict[str, str] = {}  # module text, by language
_digests: dict[str, str] = {}  # of it; every page names its own


def others() -> list[str]:
    """The languages that need a catalogue."""
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def entries(language: str) -> list[polib.POEntry]:
    """Each entry that is translated, in the order of the files' names."""
    return [*texts(language), *told(language)]


def texts(language: str) -> list[polib.POEntry]:
    """Those of texts that are marked where they are written."""
    return [each for file in _files(language) if not _is_told(file) for each in _read(file)]


def told(language: str) -> list[polib.POEntry]:
    """Those of sentences that are recognised where they are read."""
    return [each for file in _files(language) if _is_told(file) for each in _read(file)]


def _files(language: str) -> list[Path]:
    return sorted((FOLDER / language).glob("*.po"))


def _is_told(file: Path) -> bool:
    return file.name.startswith(TOLD)


def _read(file: Path) -> list[polib.POEntry]:
    return list(polib.pofile(str(file)).translated_entries())


def load() -> None:
    """Give Django's gettext and `recognised` what we translated, and make what the pages' modules
    import."""
    for language in others():
        found = texts(language)
        sentences = {entry.msgid: entry.msgstr for entry in told(language)}
        recognised.learn(language, sentences)
        joined = polib.POFile()
        joined.metadata = {
            "Content-Type": "text/plain; charset=utf-8",
            "Plural-Forms": "nplurals=2; plural=(n != 1);",
        }
        joined.extend(found)
        trans_real.translation(language).merge(GNUTranslations(BytesIO(joined.to_binary())))
        text = _scripts[language] = _script(found, sentences)
        _digests[language] = hashlib.sha256(text.encode()).hexdigest()[:12]


def script(language: str) -> str:
    """A JavaScript module with every entry, for `page/language.js`. Raises KeyError."""
    return _scripts[language]


def digest(language: str) -> str:
    """12 hexadecimal digits that are others when an entry is; "" for a language without any."""
    return _digests.get(language, "")


def _script(found: list[polib.POEntry], sentences: dict[str, str]) -> str:
    words: dict[str, str | list[str]] = {}
    for entry in found:
        key = f"{entry.msgctxt}{CONTEXT}{entry.msgid}" if entry.msgctxt else entry.msgid
        plural = [entry.msgstr_plural[form] for form in sorted(entry.msgstr_plural)]
        words[key] = plural or entry.msgstr
    return f"export default {_json(words)};\nexport const told = {_json(sentences)};\n"


def _json(words: Any) -> str:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))
