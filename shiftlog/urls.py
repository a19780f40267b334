"""HTTP addresses of the log, below /api/v1/."""

from django.urls import path, re_path

from shiftlog.api import entries, reader

ENTRY = r"^log/(?P<entry_id>\d{1,18})/"

urlpatterns = [
    path("log/", entries.LogView.as_view(), name="log-api"),
    path("log/people/", entries.PeopleView.as_view(), name="log-people"),
    path("log/unread/", reader.UnreadView.as_view(), name="log-unread"),
    path("log/here/", reader.HereView.as_view(), name="log-here"),
    path("log/since/", reader.SinceView.as_view(), name="log-since"),
    re_path(rf"{ENTRY}$", entries.EntryView.as_view(), name="log-entry"),
    re_path(rf"{ENTRY}reactions/$", entries.ReactionsView.as_view(), name="log-reactions"),
    re_path(rf"{ENTRY}pin/$", entries.PinView.as_view(), name="log-pin"),
]
