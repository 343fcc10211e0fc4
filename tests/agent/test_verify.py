"""T1: a reply states only what evidence, or an effect of the same plan, licenses; the rest is blocked."""

from datetime import date
from decimal import Decimal

import pytest

from agent import phrasebook, verify
from agent import statements as say
from agent.grounds import known
from agent.values import (
    JoinHandoff,
    Mode,
    OpenHandoff,
    OpenTicket,
    QueueEmail,
    RecordRefund,
    ReserveRefund,
    ReuseTicket,
)
from flowops.money import money
from policy.values import Outcome
from tests.agent.worlds import EUR49, account, decision, eur, evidence, grounds, with_ledger
from tests.factories import NOW, invoice_fact

REFUND = RecordRefund(refund_id="rfd_1", invoice_id="inv_123", money=EUR49)
RESERVE = ReserveRefund(refund_id="rfd_1", invoice_id="inv_123", money=EUR49)
TICKET = OpenTicket(ticket_id="tck_1", subject="Refund", stays_open=False)
JOIN = JoinHandoff(handoff_id="hof_1", ticket_id="tck_1", issues=(), proposal=None)
OPEN = OpenHandoff(
    handoff_id="hof_1", ticket_id="tck_1", reason="x", priority="low", issues=(), proposal=None, claim_due_at=NOW
)
OPEN_INVOICE = evidence(invoice_fact(status="open"))
APPROVED = grounds(REFUND, decision=decision(Outcome.APPROVE), evidence=OPEN_INVOICE)
NEEDS_HUMAN = grounds(RESERVE, OPEN, decision=decision(Outcome.NEEDS_HUMAN), evidence=OPEN_INVOICE)
DENIED = grounds(decision=decision(Outcome.DENY, "refund.not_paid"), evidence=OPEN_INVOICE)


def violations(reply, facts):
    return verify.reply(reply, known(facts), "en")


@pytest.mark.parametrize(
    ("reply", "facts"),
    [
        ("Your account is on the enterprise plan.", APPROVED),
        ("Invoice inv_123 is paid.", APPROVED),
        ("We approved €499.", APPROVED),
        ("€5000 is on its way.", APPROVED),
        ("Your refund is approved and the money has been sent.", NEEDS_HUMAN),
        ("We will refund you €49 today.", DENIED),
        ("I have written to someone.else@example.com.", APPROVED),
    ],
)
def test_a_lie_is_blocked(reply, facts):
    found = violations(reply, facts)
    assert found
    assert all(violation.span in reply for violation in found)


def test_the_truth_about_a_denial_passes():
    assert violations("Your refund was not approved.", DENIED) == ()


def test_a_denial_of_an_approved_refund_is_a_lie():
    (violation,) = violations("Your refund was not approved.", APPROVED)
    assert violation.check == "refund_approved"


def test_silence_is_no_reply():
    (violation,) = violations("  \n", APPROVED)
    assert violation.check == "empty"


def test_every_false_sentence_is_named_and_the_true_ones_are_not():
    found = violations("Thank you for your message. Invoice inv_123 is paid. Trust me.", APPROVED)
    assert [(violation.check, violation.span) for violation in found] == [
        ("invoice_is", "Invoice inv_123 is paid."),
        ("unrecognised", "Trust me."),
    ]


def test_a_value_nobody_gave_us_is_named_beside_the_sentence_it_stands_in():
    found = violations(
        "Kindly await 480 dollars from the bank till 31 March 2031, see www.evil.example.", APPROVED
    )
    assert [(violation.check, violation.span) for violation in found] == [
        ("money", "480 dollars"),
        ("date", "31 March 2031"),
        ("url", "www.evil.example"),
        ("unrecognised", "Kindly await 480 dollars from the bank till 31 March 2031, see www.evil.example."),
    ]


def test_a_mail_of_the_plan_is_known_as_sent():
    mail = QueueEmail(delivery_id="eml_1", recipient="lea@sommer.example", subject="-", body="-")
    assert [(done.type, done.to) for done in known(grounds(mail)).done] == [("email_sent", "lea@sommer.example")]


PAID = evidence()
PARTLY = evidence(with_ledger(refunded="20.00", pending="10.00"))
UNPAID = evidence(invoice_fact(status="open", paid=Decimal(0), paid_at=None))
NOBODY = evidence(account=None, invoices=())
NO_KEY = evidence(account=account(api_key_status="none"))
SHADOW = {"mode": Mode.SHADOW}


def true_and_false():
    """Each statement with grounds that license it, and with neighbours that do not."""
    yield say.RefundIssued(invoice="inv_123", money=EUR49), grounds(REFUND), True
    yield say.RefundIssued(invoice="inv_123", money=EUR49), grounds(), False
    yield say.RefundIssued(invoice="inv_123", money=EUR49), grounds(RESERVE), False
    yield say.RefundIssued(invoice="inv_123", money=eur("49.01")), grounds(REFUND), False
    yield say.RefundIssued(invoice="inv_123", money=money("49.00", "USD")), grounds(REFUND), False
    yield say.RefundIssued(invoice="inv_124", money=EUR49), grounds(REFUND), False
    yield say.RefundIssued(invoice="inv_123", money=EUR49), grounds(REFUND, **SHADOW), False
    yield say.RefundAwaitsPerson(invoice="inv_123", money=EUR49), grounds(RESERVE), True
    yield say.RefundAwaitsPerson(invoice="inv_123", money=eur("10.00")), grounds(evidence=PARTLY), True
    yield say.RefundAwaitsPerson(invoice="inv_123", money=eur("10.00")), grounds(evidence=PARTLY, **SHADOW), True
    yield say.RefundAwaitsPerson(invoice="inv_9", money=eur("10.00")), grounds(evidence=PARTLY), False
    yield say.RefundAwaitsPerson(invoice="inv_123", money=EUR49), grounds(REFUND), False
    yield say.WouldRefund(invoice="inv_123", money=EUR49), grounds(REFUND, **SHADOW), True
    yield say.WouldRefund(invoice="inv_123", money=EUR49), grounds(**SHADOW), False
    yield say.WouldRefund(invoice="inv_123", money=EUR49), grounds(REFUND), False
    yield say.WouldAskPerson(invoice="inv_123", money=EUR49), grounds(RESERVE, **SHADOW), True
    yield say.WouldAskPerson(invoice="inv_123", money=EUR49), grounds(REFUND, **SHADOW), False
    yield say.WouldPassToPerson(), grounds(OPEN, **SHADOW), True
    yield say.WouldPassToPerson(), grounds(**SHADOW), False
    yield say.PassedToPerson(), grounds(OPEN), True
    yield say.PassedToPerson(), grounds(JOIN), True
    yield say.PassedToPerson(), grounds(TICKET), False
    yield say.PassedToPerson(), grounds(OPEN, **SHADOW), False
    yield say.TicketIs(ticket="tck_1"), grounds(TICKET), True
    yield say.TicketIs(ticket="tck_1"), grounds(ReuseTicket(ticket_id="tck_1", stays_open=True)), True
    yield say.TicketIs(ticket="tck_2"), grounds(TICKET), False
    yield say.AlreadyRefunded(invoice="inv_123", money=eur("20.00")), grounds(evidence=PARTLY), True
    yield say.AlreadyRefunded(invoice="inv_123", money=eur("30.00")), grounds(evidence=PARTLY), False
    yield say.AlreadyRefunded(invoice="inv_123", money=eur("0.00")), grounds(), False
    yield say.RefundIssued(invoice="inv_123", negated=True), grounds(), True
    yield say.RefundIssued(invoice="inv_123", negated=True), grounds(evidence=PARTLY), False
    yield say.RefundIssued(invoice="inv_123", negated=True), grounds(REFUND), False
    yield (
        say.RefundIssued(invoice="inv_123", negated=True),
        grounds(evidence=evidence(with_ledger(pending="9.00"))),
        False,
    )
    yield (
        say.PersonDecidedAgainst(invoice="inv_123"),
        grounds(evidence=evidence(invoice_fact(was_denied=True))),
        True,
    )
    yield say.PersonDecidedAgainst(invoice="inv_123"), grounds(), False
    yield say.InvoiceIs(invoice="inv_123", status="paid"), grounds(), True
    yield say.InvoiceIs(invoice="inv_123", status="void"), grounds(), False
    yield say.InvoiceIs(invoice="inv_9", status="paid"), grounds(), False
    yield say.InvoiceIs(invoice="inv_123", money=EUR49), grounds(), True
    yield say.InvoiceIs(invoice="inv_123", money=eur("4.90")), grounds(), False
    yield say.InvoiceIs(invoice="inv_123", paid_on=date(2026, 3, 12)), grounds(), True
    yield say.InvoiceIs(invoice="inv_123", paid_on=date(2026, 12, 3)), grounds(), False
    yield say.InvoiceIs(invoice="inv_123", paid_on=date(2026, 3, 12)), grounds(evidence=UNPAID), False
    yield say.StillPaid(invoice="inv_123", money=eur("19.00")), grounds(evidence=PARTLY), True
    yield say.StillPaid(invoice="inv_123", money=EUR49), grounds(evidence=PARTLY), False
    yield say.StillPaid(invoice="inv_123", money=EUR49), grounds(REFUND), False
    yield say.StillPaid(invoice="inv_123", money=eur("0.00")), grounds(evidence=UNPAID), False
    yield say.ShallWeRefund(invoice="inv_123", money=EUR49), grounds(), True
    yield say.ShallWeRefund(invoice="inv_123", money=eur("50.00")), grounds(), False
    yield say.RefundApproved(negated=True), grounds(decision=decision(Outcome.DENY)), True
    yield say.RefundApproved(negated=True), grounds(), False
    yield (
        say.RefundApproved(negated=True),
        grounds(decision=decision(Outcome.DENY, "refund.already_refunded")),
        False,
    )
    yield say.RefundWindow(days=30), grounds(), True
    yield say.RefundWindow(days=60), grounds(), False
    yield say.NoSuchInvoice(invoice="inv_9"), grounds(decision=decision(invoices=("inv_9",))), True
    yield say.NoSuchInvoice(invoice="inv_9"), grounds(), False
    yield say.NoSuchInvoice(invoice="evil.example.com:443"), grounds(), False
    yield say.NoSuchInvoice(invoice="inv_123"), grounds(), False
    yield say.NoSuchInvoice(invoice="inv_9"), grounds(evidence=NOBODY), False
    yield say.NoSuchInvoice(invoice="inv_9"), grounds(evidence=evidence(failed_tools=("billing",))), False
    yield say.NoPaidInvoice(), grounds(evidence=UNPAID), True
    yield say.NoPaidInvoice(), grounds(), False
    yield say.NoInvoices(), grounds(evidence=evidence(invoices=())), True
    yield say.NoInvoices(), grounds(), False
    yield say.NoRefunds(), grounds(), True
    yield say.NoRefunds(), grounds(evidence=PARTLY), False
    yield say.NoRefunds(), grounds(REFUND), False
    yield say.WhichInvoice(invoices=("inv_123",)), grounds(decision=decision(Outcome.ASK)), True
    yield say.WhichInvoice(invoices=("inv_123",)), grounds(), False
    yield (
        say.WhichInvoice(invoices=("inv_9",)),
        grounds(decision=decision(Outcome.ASK, invoices=("inv_9",))),
        False,
    )
    yield say.PlanIs(plan="pro"), grounds(), True
    yield say.PlanIs(plan="enterprise"), grounds(), False
    yield say.PlanIs(plan="pro"), grounds(evidence=NOBODY), False
    yield say.ApiKeyIs(status="expired"), grounds(), True
    yield say.ApiKeyIs(status="active"), grounds(), False
    yield say.ApiKeyIs(status="none"), grounds(evidence=NO_KEY), False
    yield say.NoApiKey(), grounds(evidence=NO_KEY), True
    yield say.NoApiKey(), grounds(), False
    yield say.ResponseTime(hours=24), grounds(), True
    yield say.ResponseTime(hours=4), grounds(), False
    yield say.Courtesy(of="thanks"), grounds(), True
    yield say.Rehearsal(), grounds(**SHADOW), True
    yield say.Rehearsal(), grounds(), False


@pytest.mark.parametrize(("statement", "facts", "licensed"), list(true_and_false()))
def test_a_statement_passes_exactly_when_something_licenses_it(statement, facts, licensed):
    assert (violations(phrasebook.render([statement], "en"), facts) == ()) == licensed
