"""The shapes of the agent's routes, for reading requests and for the published schema."""

from rest_framework import serializers

from agent.values import Mode
from flowops.fields import Identifier, StrictSerializer, StrictString
from policy.values import Intent, Outcome

MESSAGE_LIMIT = 8000


class ChatRequest(StrictSerializer):
    customerId = Identifier()
    message = StrictString(max_length=MESSAGE_LIMIT)
    mode = serializers.ChoiceField([mode.value for mode in Mode], default=Mode.SHADOW.value)
    requestId = Identifier(required=False)

    def validate_message(self, message: str) -> str:
        if not message.strip():
            raise serializers.ValidationError("May not be blank.")
        return message


class DecisionShape(serializers.Serializer):
    outcome = serializers.ChoiceField([outcome.value for outcome in Outcome])
    rule = serializers.CharField()
    policyVersion = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())


class FactShape(serializers.Serializer):
    id = serializers.CharField()
    tool = serializers.CharField()
    value = serializers.CharField(allow_blank=True)


class ViolationShape(serializers.Serializer):
    check = serializers.CharField()
    span = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()


class ChatAnswer(serializers.Serializer):
    reply = serializers.CharField()
    mode = serializers.ChoiceField([mode.value for mode in Mode])
    escalated = serializers.BooleanField()
    confidence = serializers.FloatField()
    actions = serializers.ListField(child=serializers.CharField())
    intent = serializers.ChoiceField([intent.value for intent in Intent])
    verified = serializers.BooleanField()
    decision = DecisionShape()
    evidence = FactShape(many=True)
    violations = ViolationShape(many=True)
    needsHuman = serializers.BooleanField()
    ticketId = serializers.CharField(required=False)
    handoffId = serializers.CharField(required=False)
    interactionId = serializers.CharField(required=False)
    requestId = serializers.CharField(required=False)
