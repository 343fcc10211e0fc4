"""M2, M3, S1: every rule, as a table: which rule decides these facts, to what action, about which invoices."""

from datetime import timedelta

import pytest

from policy import engine
from policy.rules import FOR_PEOPLE, PRECEDENCE
from policy.values import Intent, IssueRefund, Outcome, ProposeRefund
from tests.factories import NOW
from tests.policy.worlds import eur, invoice, message, refund, ruleset, usd

BILLING, PERSON, REFUND = Intent.BILLING_QUESTION, Intent.TALK_TO_HUMAN, Intent.REFUND_REQUEST
SMALLTALK, STATUS = Intent.SMALLTALK, Intent.REFUND_STATUS

STARTING = ruleset()
DENYING = ruleset(
    "plans.pro.refund_bands.EUR",
    [{"over": "0", "up_to": "20.00", "then": "approve"}, {"over": "20.00", "then": "deny"}],
)

OLD = NOW - timedelta(days=30, seconds=1)
A, B, C, D = (invoice(f"inv_{name}") for name in "abcd")
DEAR = invoice("inv_dear", "80.00")
A_OLD, DEAR_OLD = invoice("inv_a", paid_at=OLD), invoice("inv_dear", "80.00", paid_at=OLD)
A_REFUNDED, B_REFUNDED = invoice("inv_a", refunded="49.00"), invoice("inv_b", refunded="49.00")
A_PENDING, A_PART_PENDING = invoice(pending="49.00"), invoice(pending="9.00")
A_PART_REFUNDED, B_PART_REFUNDED = invoice(refunded="9.00"), invoice("inv_b", refunded="9.00")
A_DENIED = invoice(was_denied=True)
UNPAID = invoice(status="open", paid="0.00", paid_at=None)
FOREIGN_CHARGE = {"named_invoices": ("inv_x",), "named_amounts": (eur("49.00"),)}


def case(id, rule, facts, outcome, about, action=None, rules=STARTING):
    return pytest.param(rules, facts, rule, outcome, action, about, id=id)


def escalated(id, rule, facts, *about):
    return case(id, rule, facts, Outcome.ESCALATE, about)


def answered(id, rule, facts, *about):
    return case(id, rule, facts, Outcome.ANSWER, about)


def asked(id, rule, facts, *about):
    return case(id, rule, facts, Outcome.ASK, about)


def denied(id, rule, facts, *about, rules=STARTING):
    return case(id, rule, facts, Outcome.DENY, about, rules=rules)


def awaited(id, rule, facts, *about):
    """A person is already being asked: nothing new is proposed."""
    return case(id, rule, facts, Outcome.NEEDS_HUMAN, about)


def proposed(id, rule, facts, money, limit, *, rules=STARTING):
    action = ProposeRefund(invoice="inv_a", money=money, limit=limit)
    return case(id, rule, facts, Outcome.NEEDS_HUMAN, ("inv_a",), action, rules)


def approved(id, facts, amount, name="inv_a", *, rules=STARTING):
    action = IssueRefund(invoice=name, money=eur(amount))
    return case(id, "refund.within_limits", facts, Outcome.APPROVE, (name,), action, rules)


def after_escalation(confidence):
    return refund(recently_escalated=True, confidence=confidence)


A_PERSON_FIRST = [
    escalated("tool_failed", "escalate.tool_failed", refund(failed_tools=("invoices",))),
    escalated("tool_before_plan", "escalate.tool_failed", refund(plan=None, failed_tools=("account",))),
    escalated("unknown", "escalate.unknown_customer", refund(plan=None)),
    escalated("unknown_wants_person", "escalate.unknown_customer", message(PERSON, plan=None)),
    escalated("person", "escalate.person_wanted", message(PERSON, A)),
    escalated("person_also", "escalate.person_wanted", refund(also=(PERSON,))),
    escalated("person_last_of_several", "escalate.person_wanted", refund(also=(STATUS, PERSON))),
    escalated("person_unsure", "escalate.person_wanted", message(PERSON, confidence=0.1)),
    escalated("person_again", "escalate.person_wanted", message(PERSON, confidence=0.1, recently_escalated=True)),
    escalated("after_escalation", "escalate.recent_escalation", after_escalation(0.89)),
    escalated("after_escalation_unsure", "escalate.recent_escalation", after_escalation(0.1)),
    approved("after_escalation_sure", after_escalation(0.9), "49.00"),
    escalated("unsure", "escalate.low_confidence", refund(confidence=0.74)),
    escalated("confidence_nan", "escalate.low_confidence", refund(confidence=float("nan"))),
    escalated("unsure_of_several", "escalate.low_confidence", refund(confidence=0.74, also=(STATUS,))),
    approved("sure_enough", refund(confidence=0.75), "49.00"),
    escalated("several", "escalate.several_wishes", refund(also=(STATUS,))),
    escalated("several_strange", "escalate.several_wishes", message(Intent.OUT_OF_SCOPE, also=(STATUS,))),
    escalated("smalltalk_and_refund", "escalate.several_wishes", message(SMALLTALK, also=(REFUND,))),
    escalated("out_of_scope", "escalate.out_of_scope", message(Intent.OUT_OF_SCOPE, A)),
    escalated("risk", "escalate.risk", refund(flags=("legal_threat",))),
    escalated("never_billed", "escalate.risk", message(BILLING, A, named_amounts=(eur("999.00"),))),
    escalated("below_the_reader", "escalate.low_confidence", refund(confidence=0.8, sure_from=0.88)),
    answered(
        "several_questions", "answer.several_wishes", message(Intent.REFUND_POLICY, A, also=(BILLING,)), "inv_a"
    ),
    escalated(
        "several_foreign",
        "escalate.several_wishes",
        message(BILLING, A, also=(STATUS,), named_invoices=("inv_x",)),
        "inv_x",
    ),
    *(escalated(name, f"escalate.{name}", message(intent, A), "inv_a") for name, intent, _ in FOR_PEOPLE),
]

ANSWERS = [
    answered("hello", "answer.smalltalk", message(SMALLTALK)),
    answered("hello_with_foreign", "answer.smalltalk", message(SMALLTALK, A, named_invoices=("inv_x",))),
    answered("account", "answer.account", message(Intent.ACCOUNT_ACCESS, A)),
    answered("rules", "answer.refund_policy", message(Intent.REFUND_POLICY, A, named_invoices=("inv_a",))),
    answered("status", "answer.refund_status", message(STATUS, C, B_REFUNDED, A_PENDING), "inv_b", "inv_a"),
    answered(
        "status_named", "answer.refund_status", message(STATUS, B_REFUNDED, A, named_invoices=("inv_a",)), "inv_a"
    ),
    answered("status_three", "answer.refund_status", message(STATUS, *[B_REFUNDED] * 4), *["inv_b"] * 3),
    answered("status_of_none", "answer.refund_status", message(STATUS, A)),
    answered("billing_three", "answer.billing", message(BILLING, A, B, C, D), "inv_a", "inv_b", "inv_c"),
    answered("billing_named", "answer.billing", message(BILLING, A, B, named_invoices=("inv_b",)), "inv_b"),
    answered("billing_of_none", "answer.billing", message(BILLING)),
    answered("billing_own_charge", "answer.billing", message(BILLING, A, named_amounts=(eur("49.00"),)), "inv_a"),
]

WHICH_INVOICE = [
    escalated("foreign_charge", "escalate.unknown_charge", message(BILLING, A, **FOREIGN_CHARGE), "inv_x"),
    asked("foreign_charge_refund", "invoice.not_on_account", refund(**FOREIGN_CHARGE), "inv_x"),
    asked("foreign", "invoice.not_on_account", refund(named_invoices=("inv_x",)), "inv_x"),
    asked("foreign_and_own", "invoice.not_on_account", refund(named_invoices=("inv_a", "inv_x")), "inv_x"),
    asked("foreign_status", "invoice.not_on_account", message(STATUS, A, named_invoices=("inv_x",)), "inv_x"),
    asked("foreign_billing", "invoice.not_on_account", message(BILLING, A, named_invoices=("inv_x",)), "inv_x"),
    denied("no_invoices", "refund.nothing_paid", message(REFUND)),
    denied("none_paid", "refund.nothing_paid", refund(UNPAID)),
    asked("two", "refund.which_invoice", refund(A, B), "inv_a", "inv_b"),
    asked("another_is_refunded", "refund.which_invoice", refund(A_REFUNDED, B), "inv_a", "inv_b"),
    asked(
        "same_amount", "refund.which_invoice", refund(A_REFUNDED, B, named_amounts=(A.total,)), "inv_a", "inv_b"
    ),
    denied("refunded_not_late", "refund.already_refunded", refund(A_OLD, B_REFUNDED), "inv_b"),
    awaited(
        "pending_not_late", "refund.already_pending", refund(invoice("inv_b", paid_at=OLD), A_PENDING), "inv_a"
    ),
    asked(
        "two_named", "refund.which_invoice", refund(A, B, C, named_invoices=("inv_c", "inv_a")), "inv_a", "inv_c"
    ),
    asked(
        "two_named_latest",
        "refund.which_invoice",
        refund(A, B, named_invoices=("inv_a", "inv_b"), means_latest=True),
        "inv_a",
        "inv_b",
    ),
    asked(
        "two_of_amount",
        "refund.which_invoice",
        refund(A, DEAR, B, named_amounts=(eur("49.00"),)),
        "inv_a",
        "inv_b",
    ),
    asked(
        "none_of_amount",
        "refund.which_invoice",
        refund(A, DEAR, named_amounts=(eur("7.00"),)),
        "inv_a",
        "inv_dear",
    ),
    asked(
        "amount_in_dollars",
        "refund.which_invoice",
        refund(A, DEAR, named_amounts=(usd("80.00"),)),
        "inv_a",
        "inv_dear",
    ),
    approved("named", refund(A, B, named_invoices=("inv_b",)), "49.00", "inv_b"),
    approved("amount_names", refund(A, DEAR, named_amounts=(eur("80.00"),)), "80.00", "inv_dear"),
    approved("rest_names", refund(A, B_PART_REFUNDED, named_amounts=(eur("40.00"),)), "40.00", "inv_b"),
    asked(
        "paid_names", "refund.other_amount", refund(DEAR, A_PART_REFUNDED, named_amounts=(eur("49.00"),)), "inv_a"
    ),
    approved("latest", refund(A, B, means_latest=True), "49.00"),
    approved(
        "latest_of_amount", refund(A, DEAR, means_latest=True, named_amounts=(eur("80.00"),)), "80.00", "inv_dear"
    ),
    approved("one_in_window", refund(DEAR_OLD, A), "49.00"),
]

WHETHER_AT_ALL = [
    denied("unpaid", "refund.not_paid", refund(UNPAID, named_invoices=("inv_a",)), "inv_a"),
    denied("void", "refund.not_paid", refund(invoice(status="void")), "inv_a"),
    denied("void_pending", "refund.not_paid", refund(invoice(status="void", pending="49.00")), "inv_a"),
    asked("void_or_other", "refund.which_invoice", refund(invoice(status="void"), B), "inv_a", "inv_b"),
    denied("paid_nothing", "refund.not_paid", refund(invoice(paid="0.00"), named_invoices=("inv_a",)), "inv_a"),
    awaited("pending", "refund.already_pending", refund(A_PENDING), "inv_a"),
    awaited("rest_pending", "refund.already_pending", refund(invoice(pending="9.00", refunded="40.00")), "inv_a"),
    awaited("pending_late", "refund.already_pending", refund(invoice(pending="49.00", paid_at=OLD)), "inv_a"),
    approved("pending_reserves", refund(A_PART_PENDING), "40.00"),
    denied("refunded", "refund.already_refunded", refund(A_REFUNDED), "inv_a"),
    denied("latest_refunded", "refund.already_refunded", refund(A_REFUNDED, B_REFUNDED), "inv_a"),
    denied(
        "refunded_and_denied",
        "refund.already_refunded",
        refund(invoice(refunded="49.00", was_denied=True)),
        "inv_a",
    ),
    denied("denied", "refund.denied_before", refund(A_DENIED), "inv_a"),
    denied("denied_asks_less", "refund.denied_before", refund(A_DENIED, named_amounts=(eur("1.00"),)), "inv_a"),
    denied("denied_enterprise", "refund.denied_before", refund(A_DENIED, plan="enterprise"), "inv_a"),
    denied("denied_late", "refund.denied_before", refund(invoice(was_denied=True, paid_at=OLD)), "inv_a"),
    denied("late", "refund.outside_window", refund(A_OLD), "inv_a"),
    denied("late_zero", "refund.outside_window", refund(A_OLD, named_amounts=(eur("0"),)), "inv_a"),
    denied("late_named", "refund.outside_window", refund(B, A_OLD, named_invoices=("inv_a",)), "inv_a"),
    denied("never_paid_at", "refund.outside_window", refund(invoice(paid_at=None)), "inv_a"),
    approved("in_time", refund(invoice(paid_at=NOW - timedelta(days=30))), "49.00"),
    denied("zero", "refund.not_positive", refund(named_amounts=(eur("0"),)), "inv_a"),
    denied("negative", "refund.not_positive", refund(named_amounts=(eur("-5.00"),)), "inv_a"),
    denied("zero_first", "refund.not_positive", refund(named_amounts=(eur("0"), eur("6"))), "inv_a"),
    escalated("two_amounts", "refund.which_amount", refund(named_amounts=(eur("5"), eur("6"))), "inv_a"),
    escalated("two_currencies", "refund.which_amount", refund(named_amounts=(eur("5"), usd("5"))), "inv_a"),
    escalated("two_too_much", "refund.which_amount", refund(named_amounts=(eur("50"), eur("60"))), "inv_a"),
    approved("one_amount_twice", refund(named_amounts=(eur("5"), eur("5.00"))), "5.00"),
    approved("part", refund(named_amounts=(eur("10.00"),)), "10.00"),
    approved("all", refund(named_amounts=(eur("49.00"),)), "49.00"),
    asked("more", "refund.other_amount", refund(named_amounts=(eur("49.01"),)), "inv_a"),
    asked(
        "more_than_left", "refund.other_amount", refund(A_PART_REFUNDED, named_amounts=(eur("40.01"),)), "inv_a"
    ),
    asked("more_than_free", "refund.other_amount", refund(A_PART_PENDING, named_amounts=(eur("40.01"),)), "inv_a"),
    asked("other_currency", "refund.other_amount", refund(named_amounts=(usd("49.00"),)), "inv_a"),
    asked("less_in_dollars", "refund.other_amount", refund(named_amounts=(usd("1.00"),)), "inv_a"),
]


def with_recent(amount, *, asked="49.00", currency="EUR"):
    """A refund of A is asked, after this much was refunded of another invoice in the customer's last days."""
    other = invoice("inv_b", "500.00", currency, refunded="400.00", refunded_recently=amount)
    return refund(A, other, named_invoices=("inv_a",), named_amounts=(eur(asked),))


DOLLARS = invoice(currency="USD")
BOTH_OVER = invoice(total="300.00", refunded="201.00", refunded_recently="201.00")
HALF_REFUNDED = invoice(total="150.00", refunded="60.00", refunded_recently="0.00")

WHETHER_BY_MACHINE = [
    proposed("dollars", "refund.no_limit_in_currency", refund(DOLLARS), usd("49.00"), None),
    asked("dollars_too_much", "refund.other_amount", refund(DOLLARS, named_amounts=(usd("49.01"),)), "inv_a"),
    proposed(
        "dollars_part",
        "refund.no_limit_in_currency",
        refund(DOLLARS, named_amounts=(usd("1"),)),
        usd("1.00"),
        None,
    ),
    approved("at_limit", refund(invoice(total="100.00")), "100.00"),
    approved("free_at_limit", refund(invoice(total="100.00"), plan="free"), "100.00"),
    proposed("over_limit", "refund.auto_limit", refund(invoice(total="100.01")), eur("100.01"), eur("100.00")),
    proposed(
        "free_over",
        "refund.auto_limit",
        refund(invoice(total="100.01"), plan="free"),
        eur("100.01"),
        eur("100.00"),
    ),
    proposed(
        "enterprise",
        "refund.plan_needs_person",
        refund(invoice(total="1.00"), plan="enterprise"),
        eur("1.00"),
        None,
    ),
    approved("part_of_dear", refund(invoice(total="900.00"), named_amounts=(eur("100.00"),)), "100.00"),
    approved("under_denying_band", refund(invoice(total="20.00")), "20.00", rules=DENYING),
    denied("denying_band", "refund.auto_limit", refund(invoice(total="20.01")), "inv_a", rules=DENYING),
    approved("invoice_at_limit", refund(HALF_REFUNDED, named_amounts=(eur("40.00"),)), "40.00"),
    proposed(
        "invoice_over",
        "refund.invoice_limit",
        refund(HALF_REFUNDED, named_amounts=(eur("40.01"),)),
        eur("40.01"),
        eur("100.00"),
    ),
    approved("customer_at_limit", with_recent("151.00"), "49.00"),
    proposed("both_over", "refund.invoice_limit", refund(BOTH_OVER), eur("99.00"), eur("100.00")),
    proposed("customer_over", "refund.customer_limit", with_recent("151.01"), eur("49.00"), eur("200.00")),
    approved("customer_part", with_recent("151.01", asked="48.99"), "48.99"),
    approved("customer_long_ago", with_recent("0.00"), "49.00"),
    approved("customer_in_dollars", with_recent("400.00", currency="USD"), "49.00"),
]

TABLE = A_PERSON_FIRST + ANSWERS + WHICH_INVOICE + WHETHER_AT_ALL + WHETHER_BY_MACHINE


@pytest.mark.parametrize(("rules", "facts", "rule", "outcome", "action", "about"), TABLE)
def test_the_rule_decides(rules, facts, rule, outcome, action, about):
    decision = engine.decide(facts, rules, version=7)
    assert (decision.rule, decision.outcome, decision.action) == (rule, outcome, action)
    assert decision.invoices == about
    assert decision.policy_version == 7
    assert all(decision.reasons)
    assert decision.reasons


def test_every_rule_decides_somewhere_in_the_table():
    names = [name for name, _ in PRECEDENCE]
    assert len(set(names)) == len(names)
    assert {row.values[2] for row in TABLE} == set(names)


def test_every_case_has_a_name_of_its_own():
    names = [row.id for row in TABLE]
    assert len(set(names)) == len(names)


def test_what_awaits_a_person_counts_towards_the_limits():
    """Else a person's later yes to the first could take both over it."""
    half_pending = invoice("inv_a", "150.00", pending="60.00")
    decided = engine.decide(refund(half_pending, named_amounts=(eur("90.00"),)), STARTING, version=1)
    assert decided.rule == "refund.invoice_limit"
