"""Who is asking? A bearer key names an API client on `/chat`, a person on the operator routes."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from flowops.accounts.models import ApiClient, OperatorToken, User


class _Bearer(BaseAuthentication):
    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="FlowOps"'

    def presented(self, request: Request) -> str | None:
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else None


class ApiKeyAuthentication(_Bearer):
    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiClient] | None:
        key = self.presented(request)
        if key is None:
            return None
        client = ApiClient.objects.for_key(key)
        if client is None:
            raise AuthenticationFailed("This API key is unknown or revoked.")
        return AnonymousUser(), client


class OperatorTokenAuthentication(_Bearer):
    def authenticate(self, request: Request) -> tuple[User, OperatorToken] | None:
        key = self.presented(request)
        if key is None:
            return None
        token = OperatorToken.objects.select_related("user").for_key(key)
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("This operator token is unknown or revoked.")
        return token.user, token


class IsApiClient(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, ApiClient)
