"""What licenses each statement, on facts as `manage.py verify` takes them: true, and false in one thing at a time."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from agent import figures, licence, parse, reference, sources, verification_file, verify
from agent import statements as say
from agent.known import Done
from agent.licences.proof import Fault, same_destination
from agent.phrasebook import KINDS, book
from agent.tokens import YearlessDate, normal
from flowops.money import money
from tests.agent.test_verify_command import FACTS


def eur(amount):
    return money(amount, "EUR")


INVOICES = [
    {"id": "inv_1", "amount": "49.00", "currency": "EUR", "date": "2026-03-01", "status": "paid", "plan": "Pro"},
    {
        "id": "inv_2",
        "amount": "98.00",
        "currency": "EUR",
        "date": "2026-01-01",
        "status": "overdue",
        "plan": "Pro",
    },
]
PRICES = [
    {"plan": "Pro", "amount": "49.00", "currency": "EUR", "per": "month"},
    {"plan": "Solo", "amount": "20.00", "currency": "EUR", "per": "month"},
    {"plan": "Pro Annual", "amount": "490.00", "currency": "EUR", "per": "year"},
]
ACTIONS = [
    {"type": "ticket_created", "id": "T-1", "date": "2026-03-14"},
    {"type": "handoff_created", "id": "H-1", "destination": "billing team", "date": "2026-03-15"},
    {"type": "email_sent", "destination": "lea@sommer.example", "template": "refund_confirmation"},
    {"type": "password_reset_email_sent", "destination": "lea@sommer.example"},
    {"type": "subscription_cancelled", "id": "S-1", "date": "2026-03-15", "effective": "2026-04-01"},
    {"type": "plan_changed", "from": "Solo", "to": "Pro", "effective": "2026-04-01"},
    {"type": "invoice_created", "id": "inv_9", "amount": "29.00", "currency": "EUR"},
    {"type": "refund", "id": "rf_1", "amount": "24.50", "currency": "EUR", "invoice": "inv_1", "destination": "card ending 4417"},
]  # fmt: skip
BASE = FACTS | {"invoices": INVOICES, "plan_prices": PRICES, "actions_done": []}
DONE = {
    "actions_done": ACTIONS,
    "decision": {"refund": "approved_partial", "invoice": "inv_1", "amount": "24.50", "currency": "EUR", "percent": "50", "reason": "outage"},
}  # fmt: skip
DENIED = {"decision": {"refund": "denied", "invoice": "inv_2", "reason": "outside refund window"}}
REVIEW = {"decision": {"refund": "needs_review", "invoice": "inv_1", "amount": "49.00", "currency": "EUR"}}
TWICE = {"invoices": [INVOICES[0], INVOICES[0] | {"id": "inv_3"}]}
ALONE = {"invoices": INVOICES[:1]}
NOTHING = {"invoices": [], "next_renewal": None, "decision": {"refund": "none"}}


def known(**changes):
    line = {"id": "a", "reply": "", "facts": BASE | changes}
    return verification_file.known(verification_file.read(msgspec.json.encode(line)).facts)


D = Decimal
TABLE = [
    # refunds
    (say.RefundIssued(invoice="inv_1", money=eur("24.50"), percent=D(50), share="part", ref="rf_1"), DONE, True),
    (say.RefundIssued(invoice="inv_1", share="any"), DONE, True),
    (say.RefundIssued(invoice="inv_1", share="full"), DONE, False),
    (say.RefundIssued(invoice="inv_1", money=eur("24.50"), percent=D(25)), DONE, False),
    (say.RefundIssued(money=eur("24.50"), to="your card ending in 4417"), DONE, True),
    (say.RefundIssued(money=eur("24.50"), to="bank account"), DONE, False),
    (say.RefundIssued(money=eur("24.50"), date=date(2026, 3, 15)), DONE, True),
    (say.RefundIssued(money=eur("24.50"), date=date(2026, 3, 14)), DONE, False),
    (say.RefundIssued(money=eur("24.50")), DONE | {"mode": "shadow"}, False),
    (say.RefundIssued(negated=True, invoice="inv_9"), {}, False),
    (say.RefundIssued(negated=True, share="full", invoice="inv_1"), DONE, True),
    (say.RefundIssued(money=eur("98.00")), {"actions_done": [ACTIONS[-1] | {"amount": "49.00"}, ACTIONS[-1] | {"id": "rf_2", "amount": "49.00", "invoice": "inv_2"}]}, True),
    (say.RefundIssued(invoice="inv_1", share="full"), {"invoices": [INVOICES[0] | {"status": "refunded"}]}, True),
    (say.OnlyRefunded(invoice="inv_1"), DONE, True),
    (say.OnlyRefunded(invoice="inv_1", money=eur("24.50")), DONE, True),
    (say.OnlyRefunded(invoice="inv_2"), DONE, False),
    (say.OnlyRefunded(invoice="inv_1"), {}, False),
    (say.RefundNotPromised(), DENIED, True),
    (say.RefundNotPromised(), DONE, False),
    (say.RefundNotPromised(invoice="inv_9"), DENIED, False),
    (say.RefundApproved(invoice="inv_1", money=eur("24.50"), percent=D(50), share="part"), DONE, True),
    (say.RefundApproved(invoice="inv_1"), DONE, False),
    (say.RefundApproved(invoice="inv_2"), DONE, False),
    (say.RefundApproved(negated=True), DENIED, True),
    (say.RefundApproved(negated=True, money=eur("98.00")), DENIED, True),
    (say.RefundApproved(negated=True), DONE, False),
    (say.RefundUndecided(money=eur("49.00")), REVIEW, True),
    (say.RefundUndecided(), DENIED, False),
    (say.RefundPossible(invoice="inv_2", negated=True), DENIED, True),
    (say.RefundPossible(invoice="inv_2"), DENIED, False),
    (say.DeniedFor(reason="outside_window"), DENIED, True),
    (say.DeniedFor(reason="above_limit"), DENIED, False),
    (say.DeniedFor(reason="outage", invoice="inv_1"), DONE, True),
    (say.RefundAwaitsPerson(money=eur("49.00")), REVIEW | {"actions_done": ACTIONS[:2]}, True),
    (say.RefundAwaitsPerson(), REVIEW, False),
    (say.StillPaid(invoice="inv_1", money=eur("24.50")), DONE, True),
    (say.StillPaid(invoice="inv_1"), DONE, True),
    (say.StillPaid(invoice="inv_1"), {}, False),
    (say.StillPaid(money=eur("1.00")), DONE, False),
    (say.WouldRefund(money=eur("24.50"), percent=D(50)), DONE | {"mode": "shadow"}, True),
    (say.WouldRefund(money=eur("49.00")), DONE | {"mode": "shadow"}, False),
    (say.WouldAskPerson(), REVIEW | {"mode": "shadow"}, True),
    (say.WouldPassToPerson(), REVIEW | {"mode": "shadow"}, True),
    (say.WouldPassToPerson(), DENIED | {"mode": "shadow"}, False),
    (say.NothingDone(), {}, True),
    (say.NothingDone(), DONE, False),
    (say.PersonDecidedAgainst(invoice="inv_1"), DENIED, False),
    # invoices
    (say.InvoiceIs(invoice="inv_1", date=YearlessDate(month=3, day=1), month=3, year=2026, plan="Pro", order="latest"), {}, True),
    (say.InvoiceIs(invoice="inv_1", order="first"), {}, False),
    (say.InvoiceIs(invoice="inv_1", month=4), {}, False),
    (say.InvoiceIs(invoice="inv_1", year=2025), {}, False),
    (say.InvoiceIs(invoice="inv_2", status="unpaid"), {}, True),
    (say.InvoiceIs(invoice="inv_2", status="past_due"), {}, True),
    (say.InvoiceIs(invoice="inv_1", status="was paid"), {}, True),
    (say.InvoiceIs(invoice="inv_1", status="void", negated=True), {}, True),
    (say.InvoiceIs(invoice="inv_1", status="paid", negated=True), {}, False),
    (say.InvoiceIs(invoice="inv_1", status="refunded", negated=True), {}, True),
    (say.InvoiceIs(invoice="inv_9", status="paid"), {}, False),
    (say.InvoiceAge(invoice="inv_1", days=14), {}, True),
    (say.InvoiceAge(invoice="inv_1", days=15), {}, False),
    (say.InvoiceAge(invoice="inv_2", over=43), {}, True),
    (say.InsideWindow(invoice="inv_1", days=30), {}, True),
    (say.InsideWindow(invoice="inv_1", days=60), {}, False),
    (say.InsideWindow(invoice="inv_2", negated=True), {}, True),
    (say.InsideWindow(invoice="inv_1", negated=True), {}, False),
    (say.WindowEnds(invoice="inv_1", date=date(2026, 3, 31)), {}, True),
    (say.WindowEnds(invoice="inv_1", date=date(2026, 3, 30)), {}, False),
    (say.ChargedTwice(money=eur("49.00")), TWICE, True),
    (say.ChargedTwice(), {}, False),
    (say.OnlyInvoice(count=1, status="overdue", month=1), {}, True),
    (say.OnlyInvoice(count=2, status="overdue"), {}, False),
    (say.AllInvoices(count=2, plan="Pro"), {}, True),
    (say.AllInvoices(status="paid"), {}, False),
    (say.NothingOwed(), ALONE, True),
    (say.NothingOwed(), {}, False),
    (say.NoPaidInvoice(), NOTHING, True),
    (say.NoPaidInvoice(), {}, False),
    (say.NoInvoices(), NOTHING, True),
    (say.NoInvoices(), {}, False),
    (say.WhichInvoice(invoices=("inv_1", "inv_2")), {}, False),
    # the account
    (say.PlanIs(plan="pro"), {}, True),
    (say.PlanIs(plan="Solo", negated=True), {}, True),
    (say.PlanIs(plan="Solo"), {}, False),
    (say.PlanIs(plan="Max", negated=True), {}, False),
    (say.PlanIs(plan="Pro"), {"customer": {}}, False),
    (say.AccountIs(status="cancelled", negated=True), {}, True),
    (say.AccountIs(status="cancelled", negated=True), DONE, False),
    (say.EmailOnFile(email="Lea@sommer.example"), {}, True),
    (say.EmailOnFile(email="lea@winter.example"), {}, False),
    (say.ApiKeyIs(status="active"), {}, False),
    (say.NoApiKey(), {}, False),
    (say.PlanCosts(money=eur("49.00"), per="month"), {}, True),
    (say.PlanCosts(plan="Pro", money=eur("490.00"), per="year"), {}, True),
    (say.PlanCosts(plan="Solo", money=eur("490.00"), per="year"), {}, False),
    (say.PlanExists(plan="Solo"), {}, True),
    (say.PlanExists(plan="Max"), {}, False),
    (say.Renews(date=date(2026, 4, 1), money=eur("49.00"), plan="Pro", per="month", days=17, month=4), {}, True),
    (say.Renews(plan="Max"), {}, False),
    (say.Renews(negated=True), {}, False),
    (say.Renews(negated=True), NOTHING, True),
    (say.Renews(), NOTHING, False),
    (say.Difference(money=eur("29.00")), {}, True),
    (say.Difference(money=eur("3.00")), {}, False),
    (say.Difference(money=eur("29.00"), way="less", plan="Solo"), {}, True),
    (say.Difference(money=eur("29.00"), way="more", plan="Solo"), {}, False),
    (say.Difference(money=eur("29.00"), plan="Solo", than="Pro"), {}, True),
    (say.Difference(money=eur("98.00"), way="less", plan="Pro Annual", than="Pro", per="year"), {}, True),
    (say.Total(money=eur("147.00")), {}, True),
    (say.Total(money=eur("148.00")), {}, False),
    (say.Total(money=eur("49.00"), of="paid"), {}, True),
    (say.Total(money=eur("147.00"), of="paid"), {}, False),
    (say.Total(money=eur("588.00"), plan="Pro", count=12), {}, True),
    (say.Total(money=eur("588.00"), plan="Solo"), {}, False),
    (say.Share(percent=D(50), money=eur("24.50")), DONE, True),
    (say.Share(percent=D(50)), DONE | {"decision": {"refund": "none"}}, True),
    (say.Share(percent=D(20)), DONE, False),
    # policy
    (say.RefundEta(high=10), {}, True),
    (say.RefundEta(low=4, high=10), {}, False),
    (say.RefundEta(high=10), {"policy": {}}, False),
    (say.InsideWindow(invoice="inv_1"), {"policy": {}}, False),
    (say.AboveLimit(invoice="inv_1", negated=True), {}, True),
    (say.AboveLimit(invoice="inv_1"), {}, False),
    (say.AboveLimit(), {"policy": {}}, False),
    # effects
    (say.PassedToPerson(handoff="H-1", to="billing", date=date(2026, 3, 15)), DONE, True),
    (say.PassedToPerson(to="security"), DONE, False),
    (say.PassedToPerson(negated=True), {}, True),
    (say.PassedToPerson(negated=True), DONE, False),
    (say.TicketIs(ticket="#T-1", date=date(2026, 3, 14)), DONE, True),
    (say.TicketIs(ticket="T-2"), DONE, False),
    (say.EmailSent(email="lea@sommer.example", about="refund"), DONE, True),
    (say.EmailSent(about="invoice"), DONE, False),
    (say.ResetMailSent(email="LEA@sommer.example"), DONE, True),
    (say.ResetMailSent(), {}, False),
    (say.Cancelled(plan="Pro", ref="S-1", date=date(2026, 3, 15), effective=date(2026, 4, 1)), DONE, True),
    (say.Cancelled(effective=date(2026, 4, 2)), DONE, False),
    (say.Cancelled(negated=True), {"customer": {"plan": "Pro", "status": "cancelled"}}, False),
    (say.Cancelled(negated=True, plan="Solo"), {}, False),
    (say.PlanChanged(old="Solo", new="Pro", effective=date(2026, 4, 1)), DONE, True),
    (say.PlanChanged(new="Solo", negated=True), {}, True),
    (say.PlanChanged(new="Max", negated=True), {}, False),
    (say.InvoiceCreated(invoice="inv_9", money=eur("29.00")), DONE, True),
    (say.InvoiceCreated(money=eur("30.00")), DONE, False),
    # the conversation
    (say.CustomerSaid(money=eur("59.00"), code="E-12"), {}, True),
    (say.CustomerSaid(money=eur("58.00")), {}, False),
    (say.CustomerSaid(code="E-13"), {}, False),
    (say.CustomerIs(name="Sommer"), {}, True),
    (say.CustomerIs(name="Winter"), {}, False),
    (say.DayIs(days=0, date=date(2026, 3, 15)), {}, True),
    (say.DayIs(days=-1, date=date(2026, 3, 15)), {}, False),
    (say.SignedBy(brand="FlowOps"), {}, True),
    (say.SignedBy(brand="Acme"), {}, False),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "changes", "licensed"), TABLE, ids=[str(row[0])[:90] for row in TABLE])
def test_a_statement_is_licensed_exactly_when_it_is_so(statement, changes, licensed):
    facts = known(**changes)
    verdict = licence.of(statement, facts)
    assert (not isinstance(verdict, licence.Fault)) == licensed, verdict
    if licensed:
        assert all(sources.of(cite, facts).value for cite in verdict)


def test_every_kind_has_a_licence():
    for kind in KINDS.values():
        required = {field.name for field in msgspec.structs.fields(kind) if field.required}
        values = {"money": eur("1"), "limit": eur("1"), "percent": D(1), "date": date(2026, 1, 1), "invoices": ()}
        numbers = {"days": 1, "hours": 1, "high": 1, "count": 1}
        licence.of(kind(**{name: (values | numbers).get(name, "x") for name in required}), known())


@pytest.mark.parametrize(
    ("said", "to", "same"),
    [
        ("card ending 4417", "card ending 4417", True),
        ("your card", "card ending 4417", True),
        ("carta che termina in 4417", "card ending 4417", True),
        ("card ending 4418", "card ending 4417", False),
        ("bank account", "card ending 4417", False),
        ("your cousin", "card ending 4417", False),
        ("your card", None, False),
        (None, None, True),
    ],
)
def test_where_money_went_is_the_same_place_in_any_words(said, to, same):
    assert same_destination(said, to) == same


HELD = [
    ("€49.00", True), ("€24.50", True), ("€100.00", True), ("€59.00", True), ("€3.33", False), ("15 March 2026", True),
    ("1 March", True), ("5 May 2026", False), ("50%", True), ("33%", False), ("lea@sommer.example", True),
    ("eve@evil.example", False), ("https://status.flowops.example", True), ("https://evil.example", False),
    ("inv_1", True), ("H-1", True), ("E-12", True), ("inv_77", False), ("+49 30 1234567", False), ("31 February 2026", False),
]  # fmt: skip


@pytest.mark.parametrize(("value", "held"), HELD)
def test_a_value_is_held_when_a_fact_has_it(value, held):
    tokens = book("en").tokens.of(normal(value))
    assert (figures.unheld([token for token in tokens if token.kind], known(**DONE)) == []) == held


def test_of_what_a_tool_could_not_tell_nothing_is_denied():
    unknown = msgspec.structs.replace(known(), is_complete=False)
    for statement in (
        say.RefundIssued(invoice="inv_1", negated=True),
        say.InvoiceIs(invoice="inv_1", order="latest"),
        say.NothingOwed(),
    ):
        assert isinstance(licence.of(statement, unknown), licence.Fault)


def test_what_is_reserved_is_not_denied():
    reserved = Done(type="refund_reserved", id="rf_1", invoice="inv_1", money=eur("49.00"))
    facts = msgspec.structs.replace(known(), done=(reserved,))
    assert licence.of(say.RefundIssued(invoice="inv_1", negated=True), facts) == Fault(
        "a refund of it awaits a person"
    )


def test_an_invoice_without_a_rest_has_none_left():
    bills = tuple(msgspec.structs.replace(bill, left=None) for bill in known().bills)
    facts = msgspec.structs.replace(known(), bills=bills)
    assert isinstance(licence.of(say.StillPaid(money=eur("49.00")), facts), licence.Fault)


MEANT = [
    ("it", ("inv_2",), ["inv_2"]),
    ("it", (), ["inv_1"]),
    ("any", ("inv_2",), [None]),
    ("other", ("inv_2",), ["inv_1"]),
    ("other", (), []),
    ("both", (), ["inv_1", "inv_2"]),
    ("inv_7", ("inv_2",), ["inv_7"]),
]


@pytest.mark.parametrize(("invoice", "spoken_of", "meant"), MEANT)
def test_a_pronoun_means_an_invoice(invoice, spoken_of, meant):
    talk = reference.Talk(spoken_of)
    found = reference.meanings(say.InvoiceIs(invoice=invoice, status="paid"), known(), talk)
    assert [statement.invoice for statement in found] == meant


def _sentence(*readings):
    claims = tuple(tuple(parse.Claim(said, 0, 4) for said in reading) for reading in readings)
    return parse.Sentence("Said", 0, claims, "")


UNCLEAR = [
    ("ambiguous", _sentence([say.PlanIs(plan="Pro")], [say.PlanIs(plan="Pro", negated=True)])),
    ("invoice_is", _sentence([say.InvoiceIs(invoice="other", status="paid")])),
    ("total", _sentence([say.InvoiceIs(invoice="inv_1", money=eur("49.00")), say.InvoiceIs(invoice="inv_2", money=eur("98.00")), say.Total(money=eur("98.00"), count=2, plan="Pro")])),
    ("invoice_is", _sentence([say.RefundApproved(invoice="inv_1"), say.InvoiceIs(invoice="inv_2", money=eur("98.00"))])),
]  # fmt: skip


@pytest.mark.parametrize(("check", "sentence"), UNCLEAR)
def test_what_is_not_clear_is_blocked(check, sentence):
    approved = known(decision=FACTS["decision"])
    found = verify._best(sentence, approved, reference.Talk())
    assert [violation.check for violation in found.violations] == [check]


def test_a_sum_is_that_of_what_stands_beside_it():
    reading = [
        say.InvoiceIs(invoice="inv_2", money=eur("98.00")),
        say.Renews(money=eur("49.00")),
        say.Total(money=eur("147.00")),
    ]
    assert verify._best(_sentence(reading), known(), reference.Talk()).violations == ()


TALK = [
    ("Invoice inv_1 is paid. It was paid on 1 March 2026.", {}, True),
    ("Invoice inv_2 is overdue. It was paid on 1 March 2026.", {}, False),
    ("We have refunded €24.50 for invoice inv_1. It is for €49.00.", DONE, False),
    ("We have refunded €24.50 for invoice inv_1, and we have refunded €24.50 for invoice inv_1.", DONE, False),
    ("No refund has been made for invoice inv_2. No refund has been made.", {}, True),
]


@pytest.mark.parametrize(("reply", "changes", "passes"), TALK)
def test_what_it_means_is_what_was_spoken_of(reply, changes, passes):
    assert (verify.reply(reply, known(**changes), "en") == ()) == passes


def test_today_is_a_date():
    (said,) = verify.sentences("We have refunded €24.50 today.", known(**DONE), "en")[0].says
    assert said.date == date(2026, 3, 15)
