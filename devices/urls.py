"""REST addresses of sites, devices, API tokens and one's account, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from devices.api.account import PasswordView, SessionsView, SessionView
from devices.api.claiming import ClaimView, ProvisioningKeyView
from devices.api.factors import AppBeginView, AppView, FactorsView, RecoveryView
from devices.api.imports import DeviceImportViewSet
from devices.api.invitations import InvitationsView, InvitationView
from devices.api.many import DeviceChangesViewSet
from devices.api.passkeys import PasskeyBeginView, PasskeysView, PasskeyView
from devices.api.people import PeopleView, PersonGrantsView, PersonView
from devices.api.removal import RemovedDeviceViewSet, RestoredDeviceViewSet
from devices.api.threshold_lines import ThresholdsView
from devices.api.tokens import ApiTokenViewSet
from devices.api.views import DeviceViewSet, SiteViewSet

router = SimpleRouter()
router.register("sites", SiteViewSet, basename="site")
router.register("devices", DeviceViewSet, basename="device")
# Beside the devices, not below them: a device may be called `removed`.
router.register("removed-devices", RemovedDeviceViewSet, basename="removed-device")
router.register("restored-devices", RestoredDeviceViewSet, basename="restored-device")
router.register("device-changes", DeviceChangesViewSet, basename="device-change")
router.register("device-imports", DeviceImportViewSet, basename="device-import")
router.register("tokens", ApiTokenViewSet, basename="token")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("account/password/", PasswordView.as_view(), name="account-password"),
    path("account/factors/", FactorsView.as_view(), name="account-factors"),
    path("account/factors/app/begin/", AppBeginView.as_view(), name="account-app-begin"),
    path("account/factors/app/", AppView.as_view(), name="account-app"),
    path("account/factors/recovery/", RecoveryView.as_view(), name="account-recovery"),
    path(
        "account/factors/passkeys/begin/", PasskeyBeginView.as_view(), name="account-passkey-begin"
    ),
    path("account/factors/passkeys/", PasskeysView.as_view(), name="account-passkeys"),
    path(
        "account/factors/passkeys/<int:passkey_id>/", PasskeyView.as_view(), name="account-passkey"
    ),
    path("account/invitations/", InvitationsView.as_view(), name="account-invitations"),
    path(
        "account/invitations/<int:invitation_id>/",
        InvitationView.as_view(),
        name="account-invitation",
    ),
    path("account/sessions/", SessionsView.as_view(), name="account-sessions"),
    path("account/sessions/<int:session_id>/", SessionView.as_view(), name="account-session"),
    path("people/", PeopleView.as_view(), name="people-list"),
    path("people/<int:person_id>/", PersonView.as_view(), name="person"),
    path("people/<int:person_id>/grants/", PersonGrantsView.as_view(), name="person-grants"),
    path(
        "sites/<slug:slug>/provisioning-key/",
        ProvisioningKeyView.as_view(),
        name="site-provisioning-key",
    ),
    re_path(r"^provision/?$", ClaimView.as_view(), name="claim"),  # a POST cannot be redirected
    path("devices/<str:uid>/thresholds/", ThresholdsView.as_view(), name="device-thresholds"),
]
