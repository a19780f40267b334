"""REST addresses of series, readings and the fleet, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from telemetry.api.fleet import FleetView
from telemetry.api.readings import LatestView, ReadingsView
from telemetry.api.series import router as series_router

urlpatterns: list[URLPattern | URLResolver] = [
    *series_router.urls,
    path("fleet/", FleetView.as_view(), name="fleet"),
    path("readings/", ReadingsView.as_view(), name="readings"),
    path("devices/<str:uid>/latest/", LatestView.as_view(), name="device-latest"),
]
