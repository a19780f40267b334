"""The picture an authenticator app reads. Imported by the views that show one."""

from __future__ import annotations

import segno


def of(text: str) -> str:
    """As the address of an image: black on white in both themes, with the edge readers need."""
    drawn = segno.make(text, error="m")
    return str(drawn.svg_data_uri(scale=4, border=4, dark="#000", light="#fff"))
