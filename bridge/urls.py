"""HTTP addresses of replay, of devices that are not registered and of rules, below /api/v1/."""

from django.urls import path, re_path

from bridge.accounts import asked
from bridge.adoption import api as adoption
from bridge.adoption import listening_api as listening
from bridge.adoption import uids_api as uids
from bridge.quarantine.api import RegisterView, ReplayOneView, ReplayView, UnregisteredView
from bridge.quarantine.unread_api import UnreadTopicsView
from bridge.rules import api as rules
from bridge.rules import preview_api as preview
from bridge.rules import transfer_api as transfer
from bridge.topics import api as topics

urlpatterns = [
    path("broker/emqx/authentication/", asked.EmqxAuthentication.as_view()),
    path("broker/emqx/authorization/", asked.EmqxAuthorization.as_view()),
    path("broker/mosquitto/user/", asked.MosquittoUser.as_view()),
    path("broker/mosquitto/acl/", asked.MosquittoAcl.as_view()),
    path("broker/vernemq/", asked.Vernemq.as_view()),
    path("quarantine/replay/", ReplayView.as_view(), name="quarantine-replay"),
    re_path(
        r"^quarantine/(?P<message_id>\d{1,18})/replay/$",
        ReplayOneView.as_view(),
        name="quarantine-replay-one",
    ),
    path("rules/", rules.RulesView.as_view(), name="rules-api"),
    path("rules/order/", rules.RuleOrderView.as_view(), name="rules-order"),
    path("rules/preview/", preview.RulePreviewView.as_view(), name="rules-preview"),
    path("rules/export/", transfer.RulesExportView.as_view(), name="rules-export"),
    path("rules/import/", transfer.RulesImportView.as_view(), name="rules-import"),
    re_path(r"^rules/(?P<rule_id>\d{1,18})/$", rules.RuleView.as_view(), name="rule-api"),
    re_path(
        r"^rules/(?P<rule_id>\d{1,18})/replay/$",
        rules.RuleReplayView.as_view(),
        name="rule-replay",
    ),
    path("topics/", topics.TopicsView.as_view(), name="topics-api"),
    path("topics/explain/", topics.ExplainView.as_view(), name="topics-explain"),
    path("inbox/", adoption.InboxView.as_view(), name="inbox-api"),
    path("inbox/adopt/", adoption.AdoptView.as_view(), name="inbox-adopt"),
    path("inbox/ignore/", adoption.IgnoreView.as_view(), name="inbox-ignore"),
    path("inbox/<str:uid>/merge/", adoption.TakeInView.as_view(), name="inbox-merge"),
    path("devices/<str:uid>/merge/", uids.MergeView.as_view(), name="device-merge"),
    path("devices/<str:uid>/rename/", uids.RenameView.as_view(), name="device-rename"),
    path("devices/<str:uid>/aliases/", uids.AliasesView.as_view(), name="device-aliases"),
    path(
        "devices/<str:uid>/aliases/<str:alias>/",
        uids.AliasView.as_view(),
        name="device-alias",
    ),
    path("listening/", listening.ListeningView.as_view(), name="listening-api"),
    path("listening/filters/", listening.FiltersView.as_view(), name="listening-filters"),
    re_path(
        r"^listening/filters/(?P<filter_id>\d{1,18})/$",
        listening.FilterView.as_view(),
        name="listening-filter",
    ),
    path("unread-topics/", UnreadTopicsView.as_view(), name="unread-topics"),
    path("unregistered/", UnregisteredView.as_view(), name="unregistered"),
    path("unregistered/<str:uid>/register/", RegisterView.as_view(), name="unregistered-register"),
]
