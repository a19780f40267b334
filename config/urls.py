"""Every HTTP address, by app."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView

from dashboard.pages.views import ApiPage

handler400 = "dashboard.pages.errors.bad_request"
handler404 = "dashboard.pages.errors.not_found"
handler500 = "dashboard.pages.errors.server_error"

redoc = SpectacularRedocView.as_view(url_name="schema")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("devices.urls")),
    path("api/v1/", include("telemetry.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    # Pages for people: to the login instead of a 401.
    path("api/v1/docs/", ApiPage.as_view(), name="api-docs"),
    path("api/v1/redoc/", login_required(redoc), name="api-redoc"),
    path("api/v1/", include("bridge.urls")),
    path("", include("dashboard.urls")),
]
