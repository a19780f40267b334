"""REST addresses of what the pages keep, below /api/v1/."""

from django.urls import path, re_path

from dashboard.api import cards, saved_views
from dashboard.api.audit import AuditView
from dashboard.api.charts import ChartLayoutView
from dashboard.api.search import SearchView
from dashboard.api.series_search import SeriesSearchView

urlpatterns = [
    path("views/", saved_views.SavedViewsView.as_view(), name="views-api"),
    re_path(r"^views/(?P<view_id>\d{1,9})/$", saved_views.SavedViewView.as_view(), name="view-api"),
    path("cards/", cards.CardsView.as_view(), name="cards-api"),
    re_path(r"^cards/(?P<card_id>\d{1,9})/$", cards.CardView.as_view(), name="card-api"),
    path("charts/<str:uid>/", ChartLayoutView.as_view(), name="charts-api"),
    path("audit/", AuditView.as_view(), name="audit-api"),
    path("search/", SearchView.as_view(), name="search-api"),
    path("search/series/", SeriesSearchView.as_view(), name="series-search-api"),
]
