"""HTTP addresses of alerts, below /api/v1/."""

from django.urls import path, re_path

from alerts.api import act, alerts, silences

urlpatterns = [
    path("alerts/", alerts.AlertsView.as_view(), name="alerts-api"),
    path("alerts/statistics/", alerts.StatisticsView.as_view(), name="alerts-statistics"),
    path("alerts/people/", act.PeopleView.as_view(), name="alerts-people"),
    path("alerts/acknowledge/", act.AcknowledgeView.as_view(), name="alerts-acknowledge"),
    path("alerts/unacknowledge/", act.UnacknowledgeView.as_view(), name="alerts-unacknowledge"),
    path("alerts/assign/", act.AssignView.as_view(), name="alerts-assign"),
    path("alerts/snooze/", act.SnoozeView.as_view(), name="alerts-snooze"),
    path("alerts/comment/", act.CommentView.as_view(), name="alerts-comment"),
    re_path(r"^alerts/(?P<alert_id>\d{1,18})/$", alerts.AlertView.as_view(), name="alert-api"),
    path("silences/", silences.SilencesView.as_view(), name="silences-api"),
    re_path(
        r"^silences/(?P<silence_id>\d{1,18})/$",
        silences.SilenceView.as_view(),
        name="silence-api",
    ),
]
