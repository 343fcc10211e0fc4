"""Routes that show internal state: for operators, and for anybody at the machine while the demo runs."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from agent.gather import LocalTools
from agent.models import Interaction
from flowops.money import Money, NotMoney, money
from flowops.outbox.models import Delivery, DeliveryState
from flowops.problems import NotFound
from flowops.schema import problems
from handoffs.access import MayDebug
from handoffs.serializers import HandoffShape
from handoffs.views import OperatorView, shown_handoff
from policy import engine, versions
from policy.ruleset import PLANS
from policy.values import Facts, Intent, InvoiceFact, Outcome

LISTS: Any = {200: {"type": "array", "items": {"type": "object"}}, **problems(400, 401, 403)}
OBJECTS: Any = {200: OpenApiTypes.OBJECT, **problems(400, 401, 403, 404)}


class DebugView(OperatorView):
    permission_classes = [MayDebug]


class InteractionsView(DebugView):
    @extend_schema(summary="A customer's newest 20 interactions", responses=LISTS)
    def get(self, request: Request, customer_id: str) -> Response:
        rows = Interaction.objects.recent(customer_id, 20)
        return Response([_interaction(row) for row in rows])


class AccountView(DebugView):
    @extend_schema(summary="What the account tool says", responses=OBJECTS)
    def get(self, request: Request, customer_id: str) -> Response:
        account = LocalTools().account(customer_id)
        if account is None:
            raise NotFound("Customer not found", extra={"ok": False, "error": "Customer not found"})
        data = {
            "plan": account.plan,
            "apiKeyStatus": account.api_key_status,
            "slaHours": account.sla_hours,
            "email": account.email,
        }
        return Response({"ok": True, "data": data})


class RefundPolicyView(DebugView):
    @extend_schema(
        summary="What policy says to a refund of an invoice of this amount, paid today",
        parameters=[OpenApiParameter("currency", description="EUR unless given")],
        responses=OBJECTS,
    )
    def get(self, request: Request, plan: str, amount: str) -> Response:
        policy = versions.active()
        asked = _amount(amount, request.query_params.get("currency", "EUR"))
        decision = engine.decide(_hypothetical_refund(_plan(plan), asked), policy.ruleset, version=policy.number)
        return Response(
            {
                "allow": decision.outcome is Outcome.APPROVE,
                "needsHuman": decision.outcome is Outcome.NEEDS_HUMAN,
                "maxAmount": float(policy.ruleset.for_plan(plan).refunds_without_a_person(asked.currency)),
                "reason": "; ".join(decision.reasons),
                "rule": decision.rule,
                "policyVersion": decision.policy_version,
            }
        )


class EscalationPolicyView(DebugView):
    @extend_schema(summary="Whether a reply of this confidence goes to a person", responses=OBJECTS)
    def get(self, request: Request, plan: str, confidence: str, verified: str) -> Response:
        policy = versions.active()
        now = timezone.now()
        facts = Facts(now=now, intent=Intent.ACCOUNT_ACCESS, confidence=_probability(confidence), plan=_plan(plan))
        decision = engine.decide(facts, policy.ruleset, version=policy.number)
        if not _flag(verified):
            decision = engine.overruled(decision, "escalate.verification_failed", ("the reply was not verified",))
        escalate = decision.outcome is Outcome.ESCALATE
        return Response({"escalate": escalate, "reason": "; ".join(decision.reasons), "rule": decision.rule})


class OutboxView(DebugView):
    @extend_schema(
        summary="The newest 50 deliveries",
        parameters=[OpenApiParameter("status", enum=DeliveryState.values)],
        responses=LISTS,
    )
    def get(self, request: Request) -> Response:
        rows = Delivery.objects.select_related("event").order_by("-created_at", "-id")
        status = request.query_params.get("status")
        if status is not None:
            if status not in DeliveryState.values:
                raise ValidationError({"status": [f"Must be one of {', '.join(DeliveryState.values)}."]})
            rows = rows.filter(state=status)
        return Response([_delivery(row) for row in rows[:50]])


class HandoffContextView(DebugView):
    @extend_schema(summary="All that is known about a handoff", responses=OBJECTS)
    def get(self, request: Request, handoff_id: str) -> Response:
        handoff = shown_handoff(handoff_id)
        interactions = handoff.interactions.order_by("turn")
        account = LocalTools().account(handoff.customer_id)
        return Response(
            {
                "handoff": HandoffShape(handoff).data,
                "account": account and msgspec.to_builtins(account),
                "interactions": [_interaction(row) for row in interactions],
            }
        )


def _interaction(row: Interaction) -> dict[str, Any]:
    return {
        "id": row.id,
        "requestText": row.request_text,
        "replyText": row.reply_text,
        "intent": row.intent,
        "confidence": row.confidence,
        "escalated": row.escalated,
        "verified": row.verified,
        "actionsJson": json.dumps(row.actions),
        "requestId": row.request_id,
        "ticketId": row.ticket_id,
        "handoffId": row.handoff_id,
        "mode": "live",
        "createdAt": row.created_at,
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "event": row.event.name,
        "customerId": row.event.customer_id,
        "recipient": row.recipient,
        "subject": row.subject,
        "status": row.state,
        "attempts": row.attempts,
        "lastError": row.last_error,
        "createdAt": row.created_at,
        "deliveredAt": row.delivered_at,
    }


def _plan(plan: str) -> str:
    if plan not in PLANS:
        raise ValidationError({"plan": [f"Must be one of {', '.join(PLANS)}."]})
    return plan


def _amount(amount: str, currency: str) -> Money:
    try:
        return money(amount, currency)
    except NotMoney as error:
        raise ValidationError({"amount": [str(error)]}) from error


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if 0 <= value <= 1:
        return value
    raise ValidationError({"confidence": ["Must be a number from 0 to 1."]})


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValidationError({"verified": ["Must be true or false."]})
    return text == "true"


def _hypothetical_refund(plan: str, asked: Money) -> Facts:
    now = timezone.now()
    paid = max(asked.amount, Decimal(1))
    invoice = InvoiceFact(
        id="inv_hypothetical",
        status="paid",
        total=Money(amount=paid, currency=asked.currency),
        issued_at=now - timedelta(days=1),
        paid_at=now,
        paid=paid,
        refunded=Decimal(0),
        pending=Decimal(0),
        refunded_recently=Decimal(0),
        was_denied=False,
    )
    return Facts(
        now=now,
        intent=Intent.REFUND_REQUEST,
        confidence=1.0,
        plan=plan,
        invoices=(invoice,),
        named_amounts=(asked,),
        asked_amounts=(asked,),
    )
