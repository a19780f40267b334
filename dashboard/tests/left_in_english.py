"""What of a page that speaks another language is English still: compared with the catalogue."""

from __future__ import annotations

import re
from functools import cache, reduce

from playwright.sync_api import Page

from dashboard.language import catalogue

# Every text that is seen or read aloud; not what a program reads, nor what is written to be sent.
# The API's reference is its description, in English; what stands around it and sends is the page's.
TEXTS = """() => {
  const described = (one) => one.closest("#reference, #about") && !one.closest("button, h3");
  const found = new Set([document.title]);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const of = node.parentElement;
    if (of.closest("code, pre, kbd, script, style, textarea, .unknown") || described(of)) continue;
    const shown = of.tagName === "OPTION" ? of.closest("select") : of;
    if (shown?.checkVisibility({ visibilityProperty: true })) found.add(node.textContent);
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"]) {
    for (const one of document.querySelectorAll(`[${name}]`)) {
      if (one.checkVisibility() && !described(one)) found.add(one.getAttribute(name));
    }
  }
  return [...found].map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""
_VALUE = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
# Words that English sentences have and German ones have not.
WORDS = re.compile(
    r"\b(the|The|of|and|is|are|not|with|from|by|for|this|This|that|has|have|its|than|which)\b"
)


def left_in_english(page: Page, language: str, written: set[str]) -> list[str]:
    """`written`: what somebody wrote, which stays as it is."""
    texts: list[str] = page.evaluate(TEXTS)
    ours = {
        text: reduce(lambda left, each: left.replace(each, ""), written, text) for text in texts
    }
    return sorted(text for text, left in ours.items() if _is_english(left, language))


@cache  # every page has the frame's
def _is_english(text: str, language: str) -> bool:
    return any(
        english.fullmatch(text) and not any(each.fullmatch(text) for each in translated)
        for english, translated in _patterns(language)
    ) or (bool(WORDS.search(text)))


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], list[re.Pattern[str]]]]:
    """Each English text that says a word by itself, and what it is called."""
    found = []
    for entry in catalogue.entries(language):
        said = [*entry.msgstr_plural.values()] or [entry.msgstr]
        for english in filter(None, (entry.msgid, entry.msgid_plural)):
            if english not in said and re.search(r"[A-Za-z]{3}", _VALUE.sub("", english)):
                found.append((_pattern(english), [_pattern(each) for each in said]))
    return found


def _pattern(text: str) -> re.Pattern[str]:
    plain = re.sub(r"\s+", " ", re.sub(r"</?\w+[^>]*>", "", text)).strip()
    return re.compile(".*".join(map(re.escape, _VALUE.split(plain)[::3])), re.DOTALL)
