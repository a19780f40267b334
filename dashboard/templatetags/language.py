"""Where a page's modules find its language."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.translation import get_language

from dashboard.language import catalogue

register = template.Library()


@register.simple_tag
def words_address() -> str:
    """Of the catalogue of the page's language; "" where the texts are in it already."""
    language = get_language() or ""
    digest = catalogue.digest(language)
    return reverse("words", args=[language, digest]) if digest else ""
