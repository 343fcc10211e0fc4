"""M2, M3: whatever the facts, an approved refund is within the invoice, the window and every limit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from flowops.billing.models import InvoiceStatus
from flowops.money import CURRENCIES, Money
from policy import engine
from policy.rules import PRECEDENCE
from policy.ruleset import PLANS, Then
from policy.values import Facts, Intent, Outcome, ProposeRefund, Step
from tests.factories import NOW, invoice_fact
from tests.policy.worlds import invoice, message, refund, ruleset

RULES = ruleset()
THREE = ("EUR", "USD", "JPY")
THREE_CURRENCIES = ruleset(
    "plans.pro.refund_bands",
    {
        currency: [{"over": "0", "up_to": "60", "then": "approve"}, {"over": "60", "then": "deny"}]
        for currency in THREE
    },
    auto_refund_limits={
        "per_invoice": dict.fromkeys(THREE, "80"),
        "per_customer": dict.fromkeys(THREE, "90"),
        "per_customer_days": 30,
    },
)
NAMES = [name for name, _ in PRECEDENCE]


# The trace


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(refund(failed_tools=("account",)), id="first"),
        pytest.param(message(Intent.BILLING_QUESTION, invoice()), id="middle"),
        pytest.param(refund(), id="last"),
    ],
)
def test_the_trace_lists_every_rule_asked_and_only_the_last_decided(facts):
    decision = engine.decide(facts, RULES, version=1)
    asked = NAMES[: NAMES.index(decision.rule) + 1]
    assert [step.rule for step in decision.trace] == asked
    assert [step.decided for step in decision.trace] == [False] * (len(asked) - 1) + [True]


def test_a_tool_failure_is_decided_by_the_first_rule_alone():
    decision = engine.decide(refund(failed_tools=("account", "invoices")), RULES, version=1)
    assert decision.trace == (Step(rule=NAMES[0], decided=True),)
    assert decision.reasons == ("could not read account, invoices",)


def test_the_reason_of_a_proposal_names_the_limit_that_stopped_it():
    decision = engine.decide(refund(invoice(total="100.01")), RULES, version=1)
    assert decision.reasons == ("€100.01 is above the limit of €100.00",)


def test_an_escalation_without_a_rule_does_nothing_and_says_why():
    decision = engine.escalate("turn.timeout", ("it took too long",), 3)
    assert (decision.outcome, decision.rule, decision.policy_version) == (Outcome.ESCALATE, "turn.timeout", 3)
    assert (decision.action, decision.invoices) == (None, ())
    assert decision.reasons == ("it took too long",)
    assert decision.trace == (Step(rule="turn.timeout", decided=True),)


def test_an_overruled_approval_keeps_its_trace_and_loses_its_action():
    approval = engine.decide(refund(), RULES, version=3)
    assert approval.outcome is Outcome.APPROVE
    overruled = engine.overruled(approval, "reply.blocked", ("the reply promised more",))
    assert (overruled.outcome, overruled.rule, overruled.policy_version) == (Outcome.ESCALATE, "reply.blocked", 3)
    assert (overruled.action, overruled.invoices) == (None, ())
    assert overruled.reasons == ("the reply promised more",)
    assert overruled.trace == (*approval.trace, Step(rule="reply.blocked", decided=True))


# Whatever the facts


def amounts(currency, least, most):
    """Exact amounts from `least` to `most`, which count the currency's minor units."""
    return st.integers(least, max(least, most)).map(lambda units: Decimal(units).scaleb(-CURRENCIES[currency]))


def units(amount, currency):
    return int(amount.scaleb(CURRENCIES[currency]))


@st.composite
def invoices(draw, name):
    currency = draw(st.sampled_from(("EUR", "EUR", "EUR", "USD", "JPY")))
    total = draw(amounts(currency, 0, 25_000))
    paid = draw(st.one_of(st.just(total), amounts(currency, 0, units(total, currency))))
    refunded = draw(st.one_of(st.just(Decimal(0)), amounts(currency, 0, units(paid, currency))))
    pending = draw(st.one_of(st.just(Decimal(0)), amounts(currency, 0, units(paid - refunded, currency))))
    days = draw(st.one_of(st.integers(-1, 32), st.just(30)))
    return invoice_fact(
        id=name,
        status=draw(st.one_of(st.just("paid"), st.sampled_from(InvoiceStatus.values))),
        total=Money(amount=total, currency=currency),
        paid_at=draw(st.sampled_from((NOW - timedelta(days=days), NOW - timedelta(days=days, seconds=1), None))),
        paid=paid,
        refunded=refunded,
        pending=pending,
        refunded_recently=draw(st.one_of(st.just(Decimal(0)), amounts(currency, 0, units(refunded, currency)))),
        was_denied=draw(st.booleans()),
    )


@st.composite
def named_amounts(draw, own):
    """Amounts out of the air, or those of the customer's own invoices."""
    currency = draw(st.sampled_from(("EUR", "USD", "JPY")))
    values = [st.builds(Money, amount=amounts(currency, -100, 25_000), currency=st.just(currency))]
    if own:
        values.append(st.sampled_from([i.in_its_currency(i.refundable) for i in own]))
        values.append(st.sampled_from([i.total for i in own]))
    return tuple(draw(st.lists(st.one_of(values), max_size=2)))


@st.composite
def any_facts(draw):
    own = tuple(draw(invoices(f"inv_{position}")) for position in range(draw(st.integers(0, 3))))
    names = [i.id for i in own] + ["inv_foreign"]
    return Facts(
        now=NOW,
        intent=draw(st.one_of(st.just(Intent.REFUND_REQUEST), st.sampled_from(Intent))),
        also=draw(st.one_of(st.just(()), st.lists(st.sampled_from(Intent), max_size=2).map(tuple))),
        confidence=draw(st.one_of(st.just(0.95), st.floats(0, 1))),
        plan=draw(st.sampled_from((*PLANS, None))),
        invoices=own,
        named_invoices=tuple(draw(st.lists(st.sampled_from(names), max_size=2, unique=True))),
        named_amounts=draw(named_amounts(own)),
        means_latest=draw(st.booleans()),
        recently_escalated=draw(st.booleans()),
        failed_tools=draw(st.sampled_from(((), (), ("invoices",)))),
    )


@settings(max_examples=400, deadline=None)
@given(any_facts(), st.sampled_from((RULES, THREE_CURRENCIES)))
def test_an_approved_refund_is_within_the_invoice_the_window_and_every_limit(facts, rules):
    decision = engine.decide(facts, rules, version=1)
    if decision.outcome is not Outcome.APPROVE:
        return
    meant, money = _acted_on(facts, decision)
    assert facts.plan in ("free", "pro")
    assert money.currency == meant.total.currency
    assert 0 < money.amount <= meant.refundable
    assert meant.refunded + meant.pending + money.amount <= meant.paid
    assert (meant.status, meant.was_denied) == ("paid", False)
    assert facts.now - meant.paid_at <= timedelta(days=30)
    _assert_within_limits(facts, rules, meant, money)


def _assert_within_limits(facts, rules, meant, money):
    bands = rules.plans[facts.plan].refund_bands[money.currency]
    assert money.amount <= max(band.up_to for band in bands if band.then is Then.APPROVE)
    limits = rules.auto_refund_limits
    assert meant.refunded + money.amount <= limits.per_invoice.get(money.currency, Decimal("Infinity"))
    recent = sum(i.refunded_recently for i in facts.invoices if i.total.currency == money.currency)
    assert recent + money.amount <= limits.per_customer.get(money.currency, Decimal("Infinity"))


@settings(max_examples=400, deadline=None)
@given(any_facts(), st.sampled_from((RULES, THREE_CURRENCIES)))
def test_every_message_is_decided_and_money_moves_only_by_the_outcome_that_may(facts, rules):
    decision = engine.decide(facts, rules, version=1)
    assert decision == engine.decide(facts, rules, version=1)
    assert decision.rule in NAMES
    if decision.outcome is Outcome.APPROVE:
        assert decision.rule == "refund.within_limits"
    elif decision.outcome is Outcome.NEEDS_HUMAN and decision.rule != "refund.already_pending":
        meant, money = _acted_on(facts, decision)
        assert isinstance(decision.action, ProposeRefund)
        assert money.currency == meant.total.currency
        assert 0 < money.amount <= meant.refundable
    else:
        assert decision.action is None


def _acted_on(facts, decision):
    (meant,) = (i for i in facts.invoices if i.id == decision.action.invoice)
    assert decision.invoices == (meant.id,)
    return meant, decision.action.money


@pytest.mark.parametrize("outcome", Outcome)
def test_the_facts_tried_above_lead_to_every_outcome(outcome):
    """Else the properties above would hold of nothing."""
    facts = find(
        any_facts(),
        lambda facts: engine.decide(facts, RULES, version=1).outcome is outcome,
        settings=settings(max_examples=5_000, deadline=None, database=None, phases=[Phase.generate]),
    )
    assert engine.decide(facts, RULES, version=1).outcome is outcome


def test_the_window_is_that_of_the_customers_plan():
    shorter = ruleset("plans.free.refund_window_days", 2)
    assert engine.decide(refund(plan="free"), shorter, version=1).rule == "refund.outside_window"
    assert engine.decide(refund(plan="pro"), shorter, version=1).outcome is Outcome.APPROVE
