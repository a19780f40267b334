"""Every HTTP address, by app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from dashboard.pages.sign_in import AdminLogin
from dashboard.pages.views import ApiPage
from telemetry.api.thingsboard import ThingsBoardView

handler400 = "dashboard.pages.errors.bad_request"
handler404 = "dashboard.pages.errors.not_found"
handler500 = "dashboard.pages.errors.server_error"

urlpatterns = [
    path("admin/login/", AdminLogin.as_view()),
    path("admin/", admin.site.urls),
    path("api/v1/", include("devices.urls")),
    path("api/v1/", include("telemetry.urls")),
    path("api/v1/", include("shiftlog.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    # A page for people: to the login instead of a 401.
    path("api/v1/docs/", ApiPage.as_view(), name="api-docs"),
    path("api/v1/redoc/", RedirectView.as_view(pattern_name="api-docs")),  # as it was once
    path("api/v1/", include("bridge.urls")),
    path("api/v1/", include("derived.urls")),
    path("api/v1/", include("notifications.urls")),
    path("api/v1/", include("alerts.urls")),
    path("api/v1/", include("alerts.rules.urls")),
    path("api/v1/", include("dashboard.api.urls")),
    path(
        "api/plugins/telemetry/DEVICE/<str:uid>/values/timeseries",
        ThingsBoardView.as_view(),
        name="thingsboard-timeseries",
    ),
    path("", include("dashboard.urls")),
]
