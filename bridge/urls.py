"""HTTP addresses of telemetry that comes over HTTP, and of replay, below /api/v1/."""

from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from bridge.api import RegisterView, ReplayOneView, ReplayView, UnregisteredView
from bridge.http import BearerTelemetryView, PathTelemetryView


class TokenConverter(StringConverter):
    """One segment, but not in the way of `devices/telemetry/` asked without its slash."""

    regex = r"(?!(?:devices|sites|tokens|unregistered)/)[^/]{1,200}"


register_converter(TokenConverter, "token")

urlpatterns = [
    path("quarantine/replay/", ReplayView.as_view(), name="quarantine-replay"),
    re_path(
        r"^quarantine/(?P<message_id>\d{1,18})/replay/$",
        ReplayOneView.as_view(),
        name="quarantine-replay-one",
    ),
    path("unregistered/", UnregisteredView.as_view(), name="unregistered"),
    path("unregistered/<str:uid>/register/", RegisterView.as_view(), name="unregistered-register"),
    # With or without the slash: a POST cannot be redirected.
    re_path(r"^telemetry/?$", BearerTelemetryView.as_view(), name="ingest"),
    path("<token:token>/telemetry", PathTelemetryView.as_view(), name="ingest-by-path"),
]
