"""HTTP addresses of derived series, below /api/v1/."""

from django.urls import path, re_path

from derived.api import views

_ID = r"(?P<derived_id>\d{1,9})"

urlpatterns = [
    path("derived/", views.DerivedListView.as_view(), name="derived-api"),
    path("derived/preview/", views.PreviewView.as_view(), name="derived-preview"),
    re_path(rf"^derived/{_ID}/$", views.DerivedView.as_view(), name="derived-one"),
    re_path(rf"^derived/{_ID}/backfill/$", views.BackfillView.as_view(), name="derived-backfill"),
]
