"""Addresses of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from dashboard import health, told_language
from dashboard.language import catalogue
from dashboard.pages import openid, second, sign_in, views, ways
from dashboard.pages.acknowledge import AcknowledgePage
from dashboard.pages.words import words

catalogue.load()  # here: no process without pages needs what their texts are in other languages

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.FleetPage.as_view(), name="fleet"),
    # All devices are on the fleet's page; as rows they are its table.
    path("devices/", RedirectView.as_view(url="/?layout=rows"), name="devices"),
    path("devices/<str:uid>/", views.DevicePage.as_view(), name="device"),
    path("sites/", views.SitesPage.as_view(), name="sites"),
    path("sites/<slug:slug>/", views.SitePage.as_view(), name="site"),
    path("explore/", views.ExplorePage.as_view(), name="explore"),
    path("alerts/", views.AlertsPage.as_view(), name="alerts"),
    path("log/", views.LogPage.as_view(), name="log"),
    path("audit/", views.AuditPage.as_view(), name="audit"),
    path("pipeline/", views.PipelinePage.as_view(), name="pipeline"),
    path("inbox/", views.InboxPage.as_view(), name="inbox"),
    path("topics/", views.TopicsPage.as_view(), name="topics"),
    path("rules/", views.RulesPage.as_view(), name="rules"),
    path("alerts/rules/", views.AlertRulesPage.as_view(), name="alert-rules"),
    path("derived/", views.DerivedPage.as_view(), name="derived"),
    path("quarantine/", views.QuarantinePage.as_view(), name="quarantine"),
    path("people/", views.PeoplePage.as_view(), name="people"),
    path("account/", views.AccountPage.as_view(), name="account"),
    path("notifications/", views.NotificationsPage.as_view(), name="notifications"),
    path("views/<int:view_id>/", views.ViewPage.as_view(), name="view"),
    # Short, because it goes out as SMS; `notifications.links` makes them.
    path("a/<str:token>/", AcknowledgePage.as_view(), name="acknowledge"),
    # Browsers ask for it where a page names no icon of its own: the admin.
    path("favicon.ico", views.Icon.as_view()),
    path("words/<str:language>/<str:digest>.js", words, name="words"),
    path("language/", told_language.choose, name="language"),
    path("metrics", health.metrics, name="metrics"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("login/", sign_in.LoginPage.as_view(), name="login"),
    path("login/second/", second.SecondPage.as_view(), name="second"),
    path("login/passkey/begin/", second.begin_passkey, name="passkey-begin"),
    path("login/passkey/", second.PasskeyShown.as_view(), name="passkey"),
    path("login/openid/", openid.OpenIdBegin.as_view(), name="openid"),
    path("login/openid/back/", openid.openid_back, name="openid-back"),
    path("forgotten/", ways.ForgottenPage.as_view(), name="forgotten"),
    path("reset/<str:uidb64>/<str:token>/", ways.ResetPage.as_view(), name="reset"),
    path("invitation/<str:token>/", ways.InvitationPage.as_view(), name="invitation"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
