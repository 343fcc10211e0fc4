"""A message thought through: exact outcomes, what is said, what would be done; T3: shadow decides as live does."""

import msgspec
import pytest

from agent import draft, phrasebook, plan, response
from agent.values import (
    JoinHandoff,
    Mode,
    OpenCase,
    OpenHandoff,
    OpenTicket,
    Plan,
    QueueEmail,
    RecordRefund,
    ReserveRefund,
)
from flowops.money import money
from policy.ruleset import Band, Then
from policy.values import Outcome
from tests.agent.worlds import RULES, account, decision, eur, evidence, grounds, message, with_ledger
from tests.factories import NOW, invoice_fact

OLD = NOW.replace(month=2, day=12)  # 31 days before NOW
PAID = invoice_fact()
OTHER = invoice_fact(id="inv_124", total=eur("19.00"))


def composed(text, facts=None, *, mode=Mode.LIVE, **options) -> Plan:
    return plan.compose(message(text, mode=mode), facts or evidence(), RULES, policy_version=1, **options)


SCENARIOS = {
    "refund inside policy": ("refund please", evidence(), "approve", "refund.within_limits", "We have refunded €49.00 for invoice inv_123."),
    "100.00 exactly": ("refund inv_123", evidence(invoice_fact(total=eur("100.00"))), "approve", "refund.within_limits", "We have refunded €100.00 for invoice inv_123."),
    "100.01": ("refund inv_123", evidence(invoice_fact(total=eur("100.01"))), "needs_human", "refund.auto_limit", "A refund of €100.01 for invoice inv_123 is waiting for a decision by a member of our team."),
    "enterprise": ("refund inv_123", evidence(account=account(plan="enterprise")), "needs_human", "refund.plan_needs_person", "A refund of €49.00 for invoice inv_123 is waiting for a decision by a member of our team."),
    "two invoices in play": ("refund please", evidence(PAID, OTHER), "ask", "refund.which_invoice", "Which invoice do you mean: inv_123 or inv_124?"),
    "two named": ("refund inv_123 and inv_124", evidence(PAID, OTHER), "ask", "refund.which_invoice", "Which invoice do you mean: inv_123 or inv_124?"),
    "the latest of two": ("refund my last payment", evidence(PAID, OTHER), "approve", "refund.within_limits", "We have refunded €49.00 for invoice inv_123."),
    "the amount tells which": ("refund the 19 EUR please", evidence(PAID, OTHER), "approve", "refund.within_limits", "We have refunded €19.00 for invoice inv_124."),
    "another customer's invoice": ("refund inv_999", evidence(), "ask", "invoice.not_on_account", "We could not find invoice inv_999 on your account."),
    "closed invoice": ("refund inv_123", evidence(invoice_fact(status="void", paid=eur("0").amount)), "deny", "refund.not_paid", "Your refund was not approved. Invoice inv_123 is void."),
    "paid, but no payment recorded": ("refund inv_123", evidence(invoice_fact(paid=eur("0").amount, paid_at=None)), "deny", "refund.not_paid", "Your refund was not approved. Your ticket is"),
    "paid 31 days ago": ("refund inv_123", evidence(invoice_fact(paid_at=OLD)), "deny", "refund.outside_window", "Invoice inv_123 was paid on 12 February 2026. Refunds are possible within 30 days of payment."),
    "USD under a EUR limit": ("refund inv_123", evidence(invoice_fact(total=money("49.00", "USD"))), "needs_human", "refund.no_limit_in_currency", "A refund of $49.00 for invoice inv_123 is waiting for a decision by a member of our team."),
    "a charge we never made": ("I was charged €999 on inv_999", evidence(), "escalate", "escalate.unknown_charge", "We could not find invoice inv_999 on your account. We have passed your request to a member of our team."),
    "more than was paid": ("refund €499 for inv_123", evidence(), "ask", "refund.other_amount", "Of invoice inv_123, €49.00 has been paid and not refunded. Should we refund €49.00 for invoice inv_123?"),
    "a part of it": ("refund €20 of inv_123", evidence(), "approve", "refund.within_limits", "We have refunded €20.00 for invoice inv_123."),
    "a part, and the whole named": ("refund €20 of the €49 on inv_123", evidence(), "approve", "refund.within_limits", "We have refunded €20.00 for invoice inv_123."),
    "another claim than the evidence": ("I was charged €20 for inv_123, please refund it", evidence(), "ask", "refund.other_amount", "Of invoice inv_123, €49.00 has been paid and not refunded. Should we refund €49.00 for invoice inv_123?"),
    "an amount of something else": ("Your competitor costs €9 a month. Refund inv_123 please", evidence(), "escalate", "escalate.low_confidence", "We have passed your request to a member of our team."),
    "the claim and the evidence agree": ("I was charged €49 for inv_123, please refund it", evidence(), "approve", "refund.within_limits", "We have refunded €49.00 for invoice inv_123."),
    "zero": ("refund €0 of inv_123", evidence(), "deny", "refund.not_positive", "A refund has to be more than zero."),
    "already refunded": ("refund inv_123", evidence(with_ledger(refunded="49.00")), "deny", "refund.already_refunded", "Invoice inv_123 has already been refunded with €49.00."),
    "already with a person": ("refund inv_123", evidence(with_ledger(pending="49.00")), "needs_human", "refund.already_pending", "A refund of €49.00 for invoice inv_123 is waiting for a decision by a member of our team."),
    "denied by a person": ("refund inv_123", evidence(invoice_fact(was_denied=True)), "deny", "refund.denied_before", "A member of our team has already decided against a refund for invoice inv_123."),
    "above what the plan refunds": ("refund inv_123", evidence(invoice_fact(total=eur("5000.00"))), "needs_human", "refund.auto_limit", "A refund of €5,000.00 for invoice inv_123"),
    "several amounts": ("refund €10 and €20 of inv_123", evidence(), "escalate", "refund.which_amount", "We have passed your request to a member of our team."),
    "nothing paid": ("refund please", evidence(invoices=()), "deny", "refund.nothing_paid", "There is no paid invoice on your account."),
    "status, refunded": ("where is my refund?", evidence(with_ledger(refunded="20.00", pending="9.00")), "answer", "answer.refund_status", "Invoice inv_123 has already been refunded with €20.00. A refund of €9.00 for invoice inv_123 is waiting for a decision by a member of our team."),
    "status, none": ("where is my refund?", evidence(), "answer", "answer.refund_status", "There are no refunds on your account."),
    "status, named": ("was inv_123 refunded?", evidence(), "answer", "answer.refund_status", "No refund has been made for invoice inv_123."),
    "policy": ("what is your refund policy?", evidence(), "answer", "answer.refund_policy", "Refunds are possible within 30 days of payment."),
    "bill": ("why was I charged on inv_123?", evidence(), "answer", "answer.billing", "Invoice inv_123 is for €49.00. Invoice inv_123 is paid. Invoice inv_123 was paid on 12 March 2026."),
    "an unpaid bill": ("why was I charged on inv_123?", evidence(invoice_fact(status="open", paid=eur("0").amount, paid_at=None)), "answer", "answer.billing", "Invoice inv_123 is for €49.00. Invoice inv_123 is open. Your ticket"),
    "no bills": ("what is on my last invoice?", evidence(invoices=()), "answer", "answer.billing", "There are no invoices on your account."),
    "account": ("is my API key active?", evidence(), "answer", "answer.account", "Your account is on the pro plan. Your API key is expired. Our response time for your plan is 24 hours."),
    "no key": ("is my API key active?", evidence(account=account(api_key_status="none")), "answer", "answer.account", "Your account has no API key yet."),
    "thanks": ("thanks!", evidence(), "answer", "answer.smalltalk", "You are welcome to write to us any time."),
    "cancel": ("cancel my subscription", evidence(), "escalate", "escalate.cancellation", "We have passed your request to a member of our team."),
    "person": ("let me talk to a human", evidence(), "escalate", "escalate.person_wanted", "We have passed your request to a member of our team."),
    "unknown customer": ("refund inv_123", evidence(account=None, invoices=()), "escalate", "escalate.unknown_customer", "We have passed your request to a member of our team."),
    "tool failed": ("refund inv_123", evidence(invoices=(), failed_tools=("billing",)), "escalate", "escalate.tool_failed", "We have passed your request to a member of our team."),
    "gibberish": ("qwrtz plmk", evidence(), "escalate", "escalate.low_confidence", "We have passed your request to a member of our team."),
}  # fmt: skip


@pytest.mark.parametrize(("text", "facts", "outcome", "rule", "said"), SCENARIOS.values(), ids=SCENARIOS)
def test_the_outcome_and_the_words_are_exact(text, facts, outcome, rule, said):
    made = composed(text, facts)
    assert (made.decision.outcome, made.decision.rule) == (outcome, rule)
    assert said in made.reply
    assert made.violations == ()


@pytest.mark.parametrize(("text", "facts"), [scenario[:2] for scenario in SCENARIOS.values()], ids=SCENARIOS)
def test_shadow_decides_as_live_does(text, facts):
    live, shadow = composed(text, facts), composed(text, facts, mode=Mode.SHADOW)
    assert shadow.decision == live.decision
    assert [type(effect) for effect in shadow.effects] == [type(effect) for effect in live.effects]
    assert shadow.violations == ()
    assert "We have" not in shadow.reply or "already" in shadow.reply


@pytest.mark.parametrize(("text", "facts"), [scenario[:2] for scenario in SCENARIOS.values()], ids=SCENARIOS)
def test_a_plan_is_data(text, facts):
    made = composed(text, facts)
    assert msgspec.convert(msgspec.to_builtins(made), Plan) == made


@pytest.mark.parametrize("scenario", ["100.01", "enterprise", "USD under a EUR limit", "already with a person"])
def test_nothing_that_awaits_a_person_is_called_approved(scenario):
    text, facts, *_ = SCENARIOS[scenario]
    made = composed(text, facts)
    spoken = made.reply + "".join(effect.body for effect in made.effects if isinstance(effect, QueueEmail))
    assert "approved" not in spoken
    assert "have refunded" not in spoken


def test_a_proposal_is_exactly_what_was_decided():
    made = composed(*SCENARIOS["100.01"][:2])
    ticket, reserve, handoff, mail = made.effects
    assert ticket == OpenTicket(ticket_id="tck_1", subject="Refund request", stays_open=True)
    assert reserve == ReserveRefund(refund_id="rfd_1", invoice_id="inv_123", money=eur("100.01"))
    assert isinstance(handoff, OpenHandoff)
    assert (handoff.reason, handoff.priority) == ("auto_limit", "med")
    assert handoff.proposal.refund_id == "rfd_1"
    assert (handoff.proposal.money, handoff.proposal.limit) == (eur("100.01"), eur("100.00"))
    assert isinstance(mail, QueueEmail)
    assert (mail.recipient, mail.body) == ("lea@example.com", made.reply)


def test_what_the_plan_never_refunds_is_denied_with_its_total():
    free = RULES.plans["free"]
    top = msgspec.structs.replace(free.refund_bands["EUR"][1], up_to=eur("1000").amount)
    never = Band(over=eur("1000").amount, then=Then.DENY)
    strict = msgspec.structs.replace(free, refund_bands={"EUR": (free.refund_bands["EUR"][0], top, never)})
    rules = msgspec.structs.replace(RULES, plans=RULES.plans | {"pro": strict})
    facts = evidence(invoice_fact(total=eur("5000.00")))
    made = plan.compose(message("refund inv_123"), facts, rules, policy_version=1)
    assert (made.decision.outcome, made.violations) == (Outcome.DENY, ())
    assert "Your refund was not approved. Invoice inv_123 is for €5,000.00." in made.reply


def test_of_an_unknown_account_nothing_is_said_even_if_policy_should_let_it():
    nobody = grounds(evidence=evidence(account=None), decision=decision(Outcome.ANSWER, "answer.account"))
    assert phrasebook.render(draft.reply(nobody), "en") == "Thank you for your message."


def test_an_urgent_message_is_urgent():
    made = composed("urgent: let me talk to a human")
    assert [effect.priority for effect in made.effects if isinstance(effect, OpenHandoff)] == ["high"]


def test_a_follow_up_joins_the_live_handoff():
    facts = evidence(open_case=OpenCase(ticket_id="tck_0", handoff_id="hof_0"), recently_escalated=True)
    made = composed("cancel my subscription", facts)
    assert [type(effect) for effect in made.effects[1:2]] == [JoinHandoff]
    assert (made.ticket_id, made.handoff_id) == ("tck_0", "hof_0")


def test_an_open_question_is_continued_in_its_ticket():
    made = composed("refund inv_123", evidence(open_case=OpenCase(ticket_id="tck_0", handoff_id=None)))
    assert made.ticket_id == "tck_0"
    assert made.effects[0].stays_open is False


def test_a_customer_without_an_address_gets_no_mail():
    made = composed("refund inv_123", evidence(account=account(email="")))
    assert not any(isinstance(effect, QueueEmail) for effect in made.effects)


def test_small_talk_needs_no_ticket():
    assert composed("thanks!").effects == ()


def test_a_lying_draft_is_blocked_and_nothing_it_spoke_of_is_done():
    made = composed("refund please", drafter=lambda grounds: "We parted with €480. Your ticket is tck_1.")
    assert made.decision.outcome is Outcome.ESCALATE
    assert made.decision.rule == "escalate.verification_failed"
    assert not any(isinstance(effect, RecordRefund | ReserveRefund) for effect in made.effects)
    assert [(violation.check, violation.span) for violation in made.violations] == [
        ("money", "€480"),
        ("unrecognised", "We parted with €480."),
    ]
    assert (
        made.reply
        == "Thank you for your message. We have passed your request to a member of our team. Your ticket is tck_1."
    )
    assert "verification_failed" in made.actions
    assert "verify_issue:unrecognised: We parted with €480." in made.actions


def test_a_draft_in_words_we_do_not_know_costs_style_and_no_ticket():
    made = composed("refund please", drafter=lambda grounds: "Your wish is my command! Your ticket is tck_1.")
    assert made == msgspec.structs.replace(composed("refund please"), rejected=made.rejected)
    assert [(violation.check, violation.span) for violation in made.rejected] == [
        ("unrecognised", "Your wish is my command!")
    ]
    assert made.reply.startswith("Thank you for your message. We have refunded €49.00 for invoice inv_123.")


def test_a_draft_that_contradicts_the_plan_in_words_we_know_gives_the_case_to_a_person():
    made = composed("refund inv_123", drafter=lambda grounds: "Your refund was not approved.")
    assert made.decision.rule == "escalate.verification_failed"
    assert [violation.check for violation in made.violations] == ["refund_approved"]


def test_every_sentence_carries_its_proof():
    made = composed("refund inv_123")
    assert [(proof.text, proof.says, [fact.id for fact in proof.facts]) for proof in made.proof] == [
        ("Thank you for your message.", ("courtesy",), []),
        ("We have refunded €49.00 for invoice inv_123.", ("refund issued",), ["effect.refund.rfd_1"]),
        ("Your ticket is tck_1.", ("ticket is",), ["effect.ticket_created.tck_1"]),
    ]
    assert " ".join(proof.text for proof in made.proof) == made.reply


def test_giving_up_hands_over_and_does_nothing_else():
    made = plan.give_up(message("refund inv_123"), evidence(), RULES, policy_version=1)
    assert made.decision.rule == "escalate.internal_error"
    assert [type(effect) for effect in made.effects] == [OpenTicket, OpenHandoff, QueueEmail]


def test_the_answer_names_what_live_made_and_nothing_in_shadow():
    live = msgspec.json.decode(response.of(composed("refund inv_123"), request_id="r1"))
    shadow = msgspec.json.decode(response.of(composed("refund inv_123", mode=Mode.SHADOW), request_id=None))
    assert (live["ticketId"], live["interactionId"], live["requestId"]) == ("tck_1", "int_1", "r1")
    assert {"ticketId", "handoffId", "interactionId", "requestId"}.isdisjoint(shadow)
    assert shadow["actions"] == ["refund_auto_approved", "verification_passed"]
    assert live["actions"][2:] == ["ticket_created:tck_1", "refund_issued:rfd_1", "email_queued:queued:eml_1"]
    assert live["decision"] == {
        "outcome": "approve",
        "rule": "refund.within_limits",
        "policyVersion": 1,
        "reasons": ["€49.00 of inv_123 is within every limit"],
    }


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            evidence(open_case=OpenCase(ticket_id="tck_0", handoff_id="hof_0"), recently_escalated=True),
            ["refund_reserved:rfd_1", "handoff_joined:hof_0"],
            id="joined",
        ),
        pytest.param(evidence(), ["refund_reserved:rfd_1", "handoff_created:hof_1"], id="opened"),
    ],
)
def test_the_actions_tell_what_became_of_a_proposal(facts, expected):
    facts = msgspec.structs.replace(facts, invoices=(invoice_fact(total=eur("240.00")),))
    made = composed("refund inv_123", facts)
    assert [action for action in made.actions if action in expected] == expected


def test_doubt_weighs_more_after_a_recent_escalation():
    calm = composed("my invoice")
    worried = composed("my invoice", evidence(recently_escalated=True))
    assert (calm.decision.rule, worried.decision.rule) == ("answer.billing", "escalate.recent_escalation")
    assert "memory_recent_escalation_escalate" in worried.actions
