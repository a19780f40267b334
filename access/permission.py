"""REST of what stands at no site: whoever does not see every site finds nothing of it."""

from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from access.scope import Scope


class ForEverySite(IsAuthenticated):
    """Answers 403 to anything but a read; a read shows what its scope leaves, which is nothing."""

    message = "This is for who sees every site."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        return request.method in SAFE_METHODS or Scope.of(request).sees_everything
