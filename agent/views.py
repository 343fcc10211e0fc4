from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from agent import turn
from agent.serializers import ChatAnswer, ChatRequest
from agent.values import Mode
from flowops.accounts.authentication import ApiKeyAuthentication, IsApiClient
from flowops.accounts.models import ApiClient
from flowops.fields import Identifier
from flowops.parsers import refuse_unmeasured
from flowops.schema import problems


class ChatView(APIView):
    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsApiClient]

    @extend_schema(
        summary="Answer a customer's message",
        request=ChatRequest,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="The same as requestId.",
            )
        ],
        responses={200: ChatAnswer, **problems(400, 401, 403, 409, 411, 413, 415, 422, 503)},
    )
    def post(self, request: Request) -> HttpResponse:
        refuse_unmeasured(request)
        serializer = ChatRequest(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        handle = turn.live if asked["mode"] == Mode.LIVE else turn.shadow
        answer = handle(
            _client(request),
            customer_id=asked["customerId"],
            message=asked["message"],
            request_id=_request_id(request, asked),
            now=timezone.now(),
        )
        headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
        return HttpResponse(answer.body, content_type="application/json", headers=headers)


def _client(request: Request) -> ApiClient:
    """The program behind the key; the permission has refused everybody else."""
    if not isinstance(request.auth, ApiClient):
        raise NotAuthenticated
    return request.auth


def _request_id(request: Request, asked: dict[str, Any]) -> str | None:
    """From the body, the Idempotency-Key header, or both when they agree."""
    in_body = asked.get("requestId")
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return in_body
    try:
        in_header: str = Identifier().run_validation(header)
    except ValidationError as error:
        raise ValidationError({"Idempotency-Key": error.detail}) from error
    if in_body is not None and in_body != in_header:
        raise ValidationError({"requestId": ["Differs from the Idempotency-Key header."]})
    return in_header
