"""How people's decisions and replies are said, and proven by the agent's own verifier. See handoffs/voice.py."""

import msgspec
from django.utils import timezone

from agent import gather, languages, phrasebook, verify
from agent import statements as say
from agent.grounds import known
from agent.models import Interaction
from agent.statements import Statement
from agent.values import Effect, Grounds, JoinHandoff, Mode, RecordRefund, ReuseTicket
from flowops.billing.models import Refund, RefundStatus
from handoffs.models import Handoff
from policy import engine, versions
from policy.values import Decision, Outcome


class AgentsVoice:
    def findings(self, text: str, handoff: Handoff) -> list[dict[str, str]]:
        violations = verify.any_language(text, known(_grounds(handoff)))
        return [msgspec.to_builtins(violation) for violation in violations]

    def refund_issued(self, handoff: Handoff, refund: Refund) -> str:
        return _mail(handoff, say.RefundIssued(invoice=refund.invoice_id, money=refund.money))

    def refund_denied(self, handoff: Handoff, refund: Refund) -> str:
        return _mail(
            handoff, say.RefundApproved(negated=True), say.PersonDecidedAgainst(invoice=refund.invoice_id)
        )


VOICE = AgentsVoice()
NEWEST = 20  # of the customer's messages on a case


def _mail(handoff: Handoff, *statements: Statement) -> str:
    """Typed statements, rendered: their caller sends them in the transaction that makes them true."""
    said = [*statements, say.TicketIs(ticket=handoff.ticket_id)]
    return phrasebook.render(said, languages.sure(_words_of_the_customer(handoff)) or languages.ENGLISH)


def _words_of_the_customer(handoff: Handoff) -> str:
    """What the customer has written on this case, the newest first."""
    written = Interaction.objects.filter(ticket_id=handoff.ticket_id).order_by("-created_at")
    return "\n".join(written.values_list("request_text", flat=True)[:NEWEST])


def _grounds(handoff: Handoff) -> Grounds:
    """What may be said on this case now: what the tools say, and what people have decided on it."""
    policy, now = versions.active(), timezone.now()
    evidence = gather.facts(handoff.customer_id, ruleset=policy.ruleset, now=now, tools=gather.LocalTools())
    return Grounds(
        mode=Mode.LIVE,
        today=now.date(),
        customer_message=_words_of_the_customer(handoff),
        evidence=evidence,
        decision=_decision(handoff, policy.number),
        effects=tuple(_done(handoff)),
        refund_window_days=policy.ruleset.for_plan(evidence.plan).refund_window_days,
    )


def _decision(handoff: Handoff, policy_version: int) -> Decision:
    """A person's no, where one was given; else just that a person has the case."""
    escalated = engine.escalate(f"escalate.{handoff.reason}", (), policy_version)
    if not handoff.proposals.filter(refund__status=RefundStatus.DENIED).exists():
        return escalated
    return msgspec.structs.replace(escalated, outcome=Outcome.DENY, rule="refund.denied_by_person")


def _done(handoff: Handoff) -> list[Effect]:
    refunds = Refund.objects.filter(proposal__handoff=handoff, status=RefundStatus.ISSUED)
    return [
        ReuseTicket(ticket_id=handoff.ticket_id, stays_open=True),
        JoinHandoff(handoff_id=handoff.id, ticket_id=handoff.ticket_id, issues=(), proposal=None),
        *(RecordRefund(refund_id=r.id, invoice_id=r.invoice_id, money=r.money) for r in refunds),
    ]
