"""The shapes of the handoff routes."""

from operator import attrgetter
from typing import Any

from rest_framework import serializers

from handoffs.models import Category, Handoff, HandoffStatus, Priority


class HandoffShape(serializers.Serializer):
    id = serializers.CharField()
    customerId = serializers.CharField(source="customer_id")
    ticketId = serializers.CharField(source="ticket_id")
    reason = serializers.CharField()
    priority = serializers.ChoiceField(Priority.choices)
    mode = serializers.CharField()
    confidence = serializers.FloatField()
    status = serializers.ChoiceField(HandoffStatus.choices)
    claimedBy = serializers.CharField(source="claimed_by.username", default=None, allow_null=True)
    claimedAt = serializers.DateTimeField(source="claimed_at", allow_null=True)
    claimedUntil = serializers.DateTimeField(source="claimed_until", allow_null=True)
    snoozedUntil = serializers.DateTimeField(source="snoozed_until", allow_null=True)
    resolvedBy = serializers.CharField(source="resolved_by.username", default=None, allow_null=True)
    resolvedAt = serializers.DateTimeField(source="resolved_at", allow_null=True)
    resolutionNotes = serializers.CharField(source="resolution_notes", allow_blank=True)
    resolutionCategory = serializers.ChoiceField(Category.choices, source="resolution_category", allow_blank=True)
    issues = serializers.ListField(child=serializers.CharField())
    actions = serializers.ListField(child=serializers.CharField())
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    slaDueAt = serializers.DateTimeField(source="sla_due_at")
    slaBreachedAt = serializers.DateTimeField(source="sla_breached_at", allow_null=True)
    proposal = serializers.SerializerMethodField()
    version = serializers.IntegerField()

    def get_proposal(self, handoff: Handoff) -> dict[str, Any] | None:
        """The newest proposal that waits for a decision, else the newest: as it was frozen, with its digest and
        what has become of it."""
        rank = attrgetter("is_undecided", "created_at")
        newest = max(handoff.proposals.all(), key=rank, default=None)
        if newest is None:
            return None
        content = newest.content if isinstance(newest.content, dict) else {}
        return {
            **content,
            "id": newest.id,
            "digest": newest.digest,
            "intact": newest.is_intact,
            "status": newest.refund.status,
            "approvedBy": newest.approved_by and newest.approved_by.get_username(),
            "secondedBy": newest.seconded_by and newest.seconded_by.get_username(),
            "executesAt": newest.not_before,
            "executedAt": newest.executed_at,
        }


class Signals(serializers.Serializer):
    """What stands out in a list. No artifact has been made yet where its member is null or false."""

    latestRiskLevel = serializers.ChoiceField(["low", "medium", "high"], allow_null=True)
    riskStatus = serializers.ChoiceField(["assessed", "not_assessed"])
    slaRemainingSeconds = serializers.IntegerField()
    hasDraft = serializers.BooleanField()
    hasSummary = serializers.BooleanField()
    lastArtifactAt = serializers.DateTimeField(allow_null=True)


class ListedShape(HandoffShape):
    """With `signals` where the list was asked for them."""

    signals = serializers.SerializerMethodField()

    def get_signals(self, handoff: Handoff) -> dict[str, Any]:
        left = handoff.sla_due_at - self.context["now"]
        return {
            "latestRiskLevel": None,
            "riskStatus": "not_assessed",
            "slaRemainingSeconds": int(left.total_seconds()),
            "hasDraft": False,
            "hasSummary": False,
            "lastArtifactAt": None,
        }


class ChangedShape(serializers.Serializer):
    ok = serializers.BooleanField()
    handoff = HandoffShape()
