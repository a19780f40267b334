"""HTTP addresses of telemetry, which Django does not see."""

from typing import Any

from django.urls import URLPattern, path, re_path, register_converter
from django.urls.converters import StringConverter

from bridge.http import influx
from bridge.http.app import attributes, nothing, telemetry
from bridge.http.hosts import of_this_server
from devices.credentials import TOKEN_PREFIX


class TokenConverter(StringConverter):
    """One segment, but not in the way of `devices/telemetry/` asked without its slash."""

    regex = r"(?!(?:devices|sites|tokens|unregistered)/)[^/]{1,200}"


register_converter(TokenConverter, "token")

# The type hints of `path` know Django's views only.
application: Any = of_this_server(telemetry)
of_itself: Any = of_this_server(attributes)
not_offered: Any = of_this_server(nothing)
as_influx: Any = of_this_server(influx.write)
as_influx_queries: Any = of_this_server(influx.query)
as_influx_pings: Any = of_this_server(influx.ping)
as_influx_health: Any = of_this_server(influx.health)

http_urlpatterns: list[URLPattern] = [
    # Where Influx has them, for what writes to it.
    path("write", as_influx),
    path("api/v2/write", as_influx),
    path("query", as_influx_queries),
    path("ping", as_influx_pings),
    path("health", as_influx_health),
    # With or without the slash: a POST cannot be redirected.
    re_path(r"^api/v1/telemetry/?$", application),
    path("api/v1/<token:token>/telemetry", application),
    path("api/v1/<token:token>/telemetry/", application),
    path("api/v1/<token:token>/attributes", of_itself),
    path("api/v1/<token:token>/attributes/", of_itself),
    re_path(rf"^api/v1/{TOKEN_PREFIX}[^/]*(?:/.*)?$", not_offered),
]
