"""REST addresses of sites and devices, below /api/v1/."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from devices.api.views import DeviceViewSet, SiteViewSet

router = SimpleRouter()
router.register("sites", SiteViewSet, basename="site")
router.register("devices", DeviceViewSet, basename="device")

urlpatterns: list[URLPattern | URLResolver] = [*router.urls]
