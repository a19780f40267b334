"""REST addresses of series, readings and the fleet, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from telemetry.api import grafana
from telemetry.api.corrections import CorrectionsView, SeriesCorrectionsView, UndoView
from telemetry.api.fleet import FleetView
from telemetry.api.imports import ImportView, OneImportView
from telemetry.api.latest import LatestOfManyView, LatestView
from telemetry.api.messages import MessagesView
from telemetry.api.pipeline import PipelineView
from telemetry.api.pipeline_past import PipelinePastView
from telemetry.api.presence import DevicePastView, PastView
from telemetry.api.quarantine import GroupsView, QuarantineViewSet
from telemetry.api.readings import ReadingsView
from telemetry.api.retention import OneRetentionView, RetentionView
from telemetry.api.series import router as series_router
from telemetry.api.site_day import SiteDayView

quarantine_router = SimpleRouter()
quarantine_router.register("quarantine", QuarantineViewSet, basename="quarantine")

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "series/<int:series_id>/corrections/",
        SeriesCorrectionsView.as_view(),
        name="series-corrections",
    ),
    path("corrections/", CorrectionsView.as_view(), name="corrections"),
    path("corrections/<int:correction_id>/undo/", UndoView.as_view(), name="corrections-undo"),
    *series_router.urls,
    path("quarantine/groups/", GroupsView.as_view(), name="quarantine-groups"),
    *quarantine_router.urls,
    path("fleet/", FleetView.as_view(), name="fleet"),
    path("readings/import/", ImportView.as_view(), name="readings-import"),
    path("readings/imports/<int:import_id>/", OneImportView.as_view(), name="readings-import-one"),
    path("readings/", ReadingsView.as_view(), name="readings"),
    path("readings/latest/", LatestOfManyView.as_view(), name="readings-latest"),
    path("devices/<str:uid>/latest/", LatestView.as_view(), name="device-latest"),
    path("devices/<str:uid>/presence/", DevicePastView.as_view(), name="device-presence"),
    path("presence/", PastView.as_view(), name="presence"),
    path("devices/<str:uid>/messages/", MessagesView.as_view(), name="device-messages"),
    path("sites/<slug:slug>/day/", SiteDayView.as_view(), name="site-day"),
    path("retention/", RetentionView.as_view(), name="retention"),
    path("retention/<int:retention_id>/", OneRetentionView.as_view(), name="retention-one"),
    path("pipeline/", PipelineView.as_view(), name="pipeline"),
    path("grafana/", grafana.GrafanaView.as_view(), name="grafana"),
    path("grafana/search", grafana.SearchView.as_view(), name="grafana-search"),
    path("grafana/metrics", grafana.MetricsView.as_view(), name="grafana-metrics"),
    path("grafana/variable", grafana.VariableView.as_view(), name="grafana-variable"),
    path("grafana/query", grafana.QueryView.as_view(), name="grafana-query"),
    path("grafana/annotations", grafana.AnnotationsView.as_view(), name="grafana-annotations"),
    path("pipeline/past/", PipelinePastView.as_view(), name="pipeline-past"),
]
