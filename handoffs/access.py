"""Who may use the operator routes."""

import re
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from handoffs import roles

# Credentials, or anything by which a proxy tells of somebody else.
_REFUSED = re.compile(
    r"HTTP_(?:AUTHORIZATION|FORWARDED|VIA|X_FORWARDED_\w+|X_REAL_IP|\w+_CLIENT_IP|\w+_CONNECTING_IP)"
)


class MayView(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user.is_authenticated and request.user.has_perm(roles.VIEW)


class MayDebug(MayView):
    """Viewers; and anybody on this very machine while the demo runs, as the first FlowOps allowed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return is_demo_visitor(request) or super().has_permission(request, view)


def is_demo_visitor(request: Request | HttpRequest) -> bool:
    """Without credentials, from a loopback address, and not handed on by a proxy."""
    if not settings.DEMO or any(map(_REFUSED.fullmatch, request.META)):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
