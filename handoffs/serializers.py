"""The shapes of the handoff routes."""

from typing import Any

from rest_framework import serializers

from flowops.fields import StrictSerializer, StrictString
from handoffs.models import Handoff, HandoffStatus, Priority

NOTES_LIMIT = 10_000


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
    resolvedBy = serializers.CharField(source="resolved_by.username", default=None, allow_null=True)
    resolvedAt = serializers.DateTimeField(source="resolved_at", allow_null=True)
    resolutionNotes = serializers.CharField(source="resolution_notes", allow_blank=True)
    issues = serializers.ListField(child=serializers.CharField())
    actions = serializers.ListField(child=serializers.CharField())
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    slaDueAt = serializers.DateTimeField(source="sla_due_at")
    slaBreachedAt = serializers.DateTimeField(source="sla_breached_at", allow_null=True)
    proposal = serializers.SerializerMethodField()
    version = serializers.IntegerField()

    def get_proposal(self, handoff: Handoff) -> dict[str, Any] | None:
        """The newest proposal on the handoff, as it was frozen, with its digest."""
        newest = max(handoff.proposals.all(), key=lambda proposal: proposal.created_at, default=None)
        return (
            None
            if newest is None
            else {"id": newest.id, "digest": newest.digest, "intact": newest.is_intact, **newest.content}
        )


class ChangedShape(serializers.Serializer):
    ok = serializers.BooleanField()
    handoff = HandoffShape()


class ResolveRequest(StrictSerializer):
    resolutionNotes = StrictString(required=False, default="", allow_blank=True, max_length=NOTES_LIMIT)
