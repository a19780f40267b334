"""The ASGI application Daphne serves: telemetry over HTTP, Django, the dashboard's WebSocket."""

import gc
import os
from typing import Any

import django

from embedded.absent import OF_REST, absent

# Containers made and not freed before the collector looks. An answer of thousands of points makes
# so many, and they go without it: with Python's 700 it looks through them twenty times meanwhile.
COLLECT_AFTER = 20_000
# Nothing of what is loaded goes: to look for what does is a seventh of the time of a start.
gc.disable()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
with absent(*OF_REST):
    django.setup(set_prefix=False)
    import rest_framework.compat  # noqa: F401  (here, for what it looks for)

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (needs the apps to be ready)
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.urls import get_resolver, re_path  # noqa: E402

from bridge.http.routing import http_urlpatterns  # noqa: E402
from config import database_pool, heap, http_flow, http_limits  # noqa: E402
from config.django_handler import OneThreadHandler  # noqa: E402
from config.requests_in_flight import RequestsInFlight  # noqa: E402
from dashboard.database import watch  # noqa: E402
from dashboard.database_guard import DatabaseGuard  # noqa: E402
from dashboard.live.login import OriginGuard  # noqa: E402
from dashboard.live.routing import websocket_urlpatterns  # noqa: E402

heap.install()
database_pool.install()
http_limits.install()
http_flow.install()
guarded: Any = DatabaseGuard(OneThreadHandler(), watch)
application = ProtocolTypeRouter(
    {
        "http": RequestsInFlight(URLRouter([*http_urlpatterns, re_path(r"", guarded)])),
        # The session's key only: the consumer asks for its user itself, then and later.
        "websocket": OriginGuard(SessionMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
get_resolver().url_patterns  # noqa: B018  (loads them now, not while the first visitor waits)
gc.freeze()
gc.set_threshold(COLLECT_AFTER)
gc.enable()
