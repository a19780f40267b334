"""HTTP addresses of alert rules, below /api/v1/."""

from django.urls import path, re_path

from alerts.rules import api, lines_api, ready_made_api, replay_api, transfer_api

urlpatterns = [
    path("alert-rules/", api.AlertRulesView.as_view(), name="alert-rules-api"),
    path(
        "alert-rules/targets/",
        replay_api.AlertRuleTargetsView.as_view(),
        name="alert-rules-targets",
    ),
    path(
        "alert-rules/replay/", replay_api.AlertRuleReplayView.as_view(), name="alert-rules-replay"
    ),
    path(
        "alert-rules/export/",
        transfer_api.AlertRulesExportView.as_view(),
        name="alert-rules-export",
    ),
    path(
        "alert-rules/import/",
        transfer_api.AlertRulesImportView.as_view(),
        name="alert-rules-import",
    ),
    path(
        "alert-rules/ready-made/",
        ready_made_api.AlertRulesReadyMadeView.as_view(),
        name="alert-rules-ready-made",
    ),
    path("alert-rules/lines/", lines_api.AlertRuleLinesView.as_view(), name="alert-rules-lines"),
    re_path(
        r"^alert-rules/(?P<alert_rule_id>\d{1,9})/$",
        api.AlertRuleView.as_view(),
        name="alert-rule-api",
    ),
    re_path(
        r"^alert-rules/(?P<alert_rule_id>\d{1,9})/changes/$",
        api.AlertRuleChangesView.as_view(),
        name="alert-rule-changes",
    ),
]
