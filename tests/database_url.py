"""The address of the database pytest-django made, for another process."""

from __future__ import annotations

from django.db import connection


def database_url() -> str:
    facts = connection.settings_dict
    login = f"{facts['USER']}:{facts['PASSWORD']}@" if facts["USER"] else ""
    return f"postgresql://{login}{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
