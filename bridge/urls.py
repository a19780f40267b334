"""HTTP addresses of replay and of unregistered devices, below /api/v1/."""

from django.urls import path, re_path

from bridge.quarantine.api import RegisterView, ReplayOneView, ReplayView, UnregisteredView
from bridge.quarantine.unread_api import UnreadTopicsView

urlpatterns = [
    path("quarantine/replay/", ReplayView.as_view(), name="quarantine-replay"),
    re_path(
        r"^quarantine/(?P<message_id>\d{1,18})/replay/$",
        ReplayOneView.as_view(),
        name="quarantine-replay-one",
    ),
    path("unread-topics/", UnreadTopicsView.as_view(), name="unread-topics"),
    path("unregistered/", UnregisteredView.as_view(), name="unregistered"),
    path("unregistered/<str:uid>/register/", RegisterView.as_view(), name="unregistered-register"),
]
