"""Addresses of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path

from dashboard import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.FleetPage.as_view(), name="fleet"),
    path("devices/<str:uid>/", views.DevicePage.as_view(), name="device"),
    path("pipeline/", views.PipelinePage.as_view(), name="pipeline"),
    path("login/", views.LoginPage.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
