"""REST addresses of channels and of who is told, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path, re_path

from notifications.api import (
    channels,
    decisions,
    deliveries,
    me,
    policies,
    rotas,
    teams,
    web_push,
    wordings,
)

_ID = r"\d{1,18}"

urlpatterns: list[URLPattern | URLResolver] = [
    path("channels/", channels.ChannelsView.as_view(), name="channels-api"),
    path("channels/kinds/", channels.KindsView.as_view(), name="channels-kinds"),
    re_path(rf"^channels/(?P<channel_id>{_ID})/$", channels.ChannelView.as_view()),
    re_path(rf"^channels/(?P<channel_id>{_ID})/test/$", channels.TestView.as_view()),
    path("deliveries/", deliveries.DeliveriesView.as_view(), name="deliveries-api"),
    re_path(rf"^deliveries/(?P<delivery_id>{_ID})/$", deliveries.DeliveryView.as_view()),
    path("web-push/", web_push.WebPushView.as_view(), name="web-push"),
    path("notifications/me/", me.MeView.as_view()),
    path("notifications/recipients/", me.RecipientsView.as_view()),
    re_path(rf"^notifications/rooms/(?P<channel_id>{_ID})/$", me.RoomView.as_view()),
    path("notifications/teams/", teams.TeamsView.as_view()),
    re_path(rf"^notifications/teams/(?P<team_id>{_ID})/$", teams.TeamView.as_view()),
    path("notifications/rotas/", rotas.RotasView.as_view()),
    re_path(rf"^notifications/rotas/(?P<rota_id>{_ID})/$", rotas.RotaView.as_view()),
    re_path(
        rf"^notifications/rotas/(?P<rota_id>{_ID})/substitutions/$",
        rotas.SubstitutionsView.as_view(),
    ),
    re_path(
        rf"^notifications/rotas/(?P<rota_id>{_ID})/substitutions/(?P<substitution_id>{_ID})/$",
        rotas.SubstitutionView.as_view(),
    ),
    path("notifications/policies/", policies.PoliciesView.as_view()),
    path("notifications/policies/try/", policies.TrialView.as_view()),
    re_path(rf"^notifications/policies/(?P<policy_id>{_ID})/$", policies.PolicyView.as_view()),
    path("notifications/wordings/", wordings.WordingsView.as_view()),
    re_path(r"^notifications/wordings/(?P<what>[a-z]{1,10})/$", wordings.WordingView.as_view()),
    path("notifications/preview/", wordings.PreviewView.as_view()),
    path("notifications/decisions/", decisions.DecisionsView.as_view()),
]
