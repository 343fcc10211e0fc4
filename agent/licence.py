"""What licenses each statement. A statement is true because of something known, and that is what proves it.

Each kind has one function: it gives the ids of the facts that carry the statement, or a Fault saying what would.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any, NamedTuple, TypeVar

from agent import statements as say
from agent.known import Bill, Done, Known, Price
from agent.statements import Statement
from agent.tokens import YearlessDate
from flowops.money import Money

Proof = tuple[str, ...]


class Fault(NamedTuple):
    """Why nothing licenses a statement."""

    detail: str


Verdict = Proof | Fault
Kind = TypeVar("Kind")
_LICENCES: dict[type, Callable[[Any, Known], Verdict]] = {}


def of(statement: Statement, known: Known) -> Verdict:
    """The facts that carry the statement, or what is missing. A courtesy needs none."""
    return _LICENCES[type(statement)](statement, known)


def _licenses(kind: type[Kind]) -> Callable[[Callable[[Kind, Known], Verdict]], Callable[[Kind, Known], Verdict]]:
    def register(function: Callable[[Kind, Known], Verdict]) -> Callable[[Kind, Known], Verdict]:
        _LICENCES[kind] = function
        return function

    return register


# Small questions


def same_day(said: say.Day | None, day: date | None) -> bool:
    """Whether what was said, if anything, is that day. Without a year, it is that day of the year."""
    if said is None:
        return True
    if isinstance(said, YearlessDate):
        return day is not None and (said.month, said.day) == (day.month, day.day)
    return said == day


def same_text(said: str | None, text: str | None) -> bool:
    return said is None or (text is not None and _folded(said) == _folded(text))


def same_id(said: str | None, name: str | None) -> bool:
    return said is None or (name is not None and said.removeprefix("#") == name.removeprefix("#"))


_DESTINATIONS = {
    "card": "card creditcard karte kreditkarte carte tarjeta carta cartão visa mastercard",
    "bank": "bank bankkonto konto account compte cuenta conto conta bancaire bancaria",
    "paypal": "paypal",
}
_BESIDE_DESTINATION = frozenset(
    "ending in your the original with credit debit endet auf ihre ihr ihrer der die das mit endung se terminant par "
    "votre la le que termina en su tu che finisce in sua la sua terminado em seu sua o a con bancario terminada acabada "
    "acaba finalizada finaliza número numero del al crédito crédit credito debito finale terminante cifre terminanti "
    "finali di cartão final".split()
)


def same_destination(said: str | None, to: str | None) -> bool:
    """Where money went: the same kind of account, and the same digits where digits are said."""
    if said is None or to is None:
        return said is None
    if same_text(said, to):
        return True
    digits = [word for word in said.split() if word.isdigit()]
    kinds = [_kind_of(word) for word in _folded(said).split() if not word.isdigit() and word not in _BESIDE_DESTINATION]
    held = {_kind_of(word) for word in _folded(to).split()}
    return bool(kinds) and None not in kinds and held.issuperset(kinds) and all(d in to.split() for d in digits)


def destination_words(known: Known) -> list[str]:
    """The words that may name where money went."""
    teams = [word for done in known.deeds("handoff_created") if done.to for word in done.to.split()]
    held = [word for done in known.deeds("refund") if done.to for word in done.to.split()]
    if not held:
        return teams
    common = [word for words in _DESTINATIONS.values() for word in words.split()]
    return [*dict.fromkeys((*held, *teams, *common, *_BESIDE_DESTINATION))]


def _kind_of(word: str) -> str | None:
    return next((kind for kind, words in _DESTINATIONS.items() if word in words.split()), None)


def _folded(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").replace("-", " ").split())


def _same_money(said: Money | None, money: Money | None) -> bool:
    return said is None or said == money


def _unless(proof: Iterable[str], fault: str) -> Verdict:
    """The proof, where there is one."""
    return tuple(proof) or Fault(fault)


def _share(money: Money, percent: Decimal) -> Decimal:
    return (money.amount * percent / 100).quantize(Decimal("0.01"))


# Refunds


def _refunds(said: Any, known: Known) -> list[Done]:
    """The refunds of this plan that have all the slots that were said."""
    return [done for done in known.deeds("refund") if _is_refund(said, done, known)]


def _is_refund(said: Any, done: Done, known: Known) -> bool:
    bill = known.bill(done.invoice)
    return (
        same_id(said.invoice, done.invoice)
        and _same_money(said.money, done.money)
        and same_id(getattr(said, "ref", None), done.id)
        and same_day(getattr(said, "date", None), done.date or known.today)
        and same_destination(getattr(said, "to", None), done.to)
        and _is_percent(getattr(said, "percent", None), done.money, bill)
        and _is_share(getattr(said, "share", None), done.money, bill)
    )


def _is_share(said: str | None, money: Money | None, bill: Bill | None) -> bool:
    """Whether the money is the whole of the invoice, or only a part of it."""
    if said in (None, "any"):
        return True
    return bill is not None and money is not None and (money.amount < bill.money.amount) == (said == "part")


def _is_percent(said: Decimal | None, money: Money | None, bill: Bill | None) -> bool:
    if said is None:
        return True
    return bill is not None and money is not None and money.amount == _share(bill.money, said)


def _refunded_bills(said: Any, known: Known) -> list[Bill]:
    """Invoices that the ledger has as refunded, earlier or by a person."""
    return [
        bill
        for bill in known.bills
        if bill.refunded is not None
        and bill.refunded.amount > 0
        and same_id(said.invoice, bill.id)
        and _same_money(said.money, bill.refunded)
        and _is_percent(getattr(said, "percent", None), bill.refunded, bill)
        and _is_share(getattr(said, "share", None), bill.refunded, bill)
    ]


@_licenses(say.RefundIssued)
def _refund_issued(said: say.RefundIssued, known: Known) -> Verdict:
    if said.negated:
        return _not_refunded(said, known)
    proof = [f"effect.{done.type}.{done.id}" for done in _refunds(said, known)]
    if not said.ref and not said.date and not said.to:
        proof += [f"{bill.id}.refunded" for bill in _refunded_bills(said, known)]
    if proof or not known.live:
        return _unless(proof, "in shadow nothing is done")
    if _is_sum_of_refunds(said, known):
        return tuple(f"effect.refund.{done.id}" for done in known.deeds("refund"))
    return Fault("no refund with this amount, invoice, date and destination is in the plan or the ledger")


def _is_sum_of_refunds(said: say.RefundIssued, known: Known) -> bool:
    moneys = [done.money for done in known.deeds("refund") if done.money]
    is_plain = not (said.invoice or said.ref or said.percent or said.to or said.share)
    return is_plain and len(moneys) > 1 and said.money in _sums(moneys)


def _not_refunded(said: say.RefundIssued, known: Known) -> Verdict:
    """A denial must be true of the whole invoice: 'we have not refunded €50' while €49 went back misleads.

    Only 'not in full' is true of a part.
    """
    plain = say.AlreadyRefunded(invoice=said.invoice)
    if said.percent == 100 or said.share == "full":
        plain = say.RefundIssued(invoice=said.invoice, percent=Decimal(100))
    if _refunds(plain, known) or _refunded_bills(plain, known):
        return Fault("it has been refunded")
    if said.invoice is not None and known.bill(said.invoice) is None:
        return Fault(f"{said.invoice} is not on the account")
    held = [bill for bill in known.bills if same_id(said.invoice, bill.id) and bill.pending and bill.pending.amount]
    if held or [done for done in known.deeds("refund_reserved") if same_id(said.invoice, done.invoice)]:
        return Fault("a refund of it awaits a person")
    return (f"{said.invoice or 'ledger'}.refunded",) if known.is_complete else Fault("the ledger could not be read")


@_licenses(say.AlreadyRefunded)
def _already_refunded(said: say.AlreadyRefunded, known: Known) -> Verdict:
    return _unless(
        (f"{bill.id}.refunded" for bill in _refunded_bills(said, known)), "the ledger has another refunded amount"
    )


@_licenses(say.NoRefunds)
def _no_refunds(said: say.NoRefunds, known: Known) -> Verdict:
    return _not_refunded(say.RefundIssued(negated=True), known)


@_licenses(say.OnlyRefunded)
def _only_refunded(said: say.OnlyRefunded, known: Known) -> Verdict:
    plain = say.AlreadyRefunded()
    names = {done.invoice for done in _refunds(plain, known)} | {bill.id for bill in _refunded_bills(plain, known)}
    if len(names) != 1 or not known.is_complete:
        return Fault("it is not the only one refunded")
    return _refund_issued(say.RefundIssued(invoice=said.invoice, money=said.money), known)


@_licenses(say.RefundNotPromised)
def _refund_not_promised(said: say.RefundNotPromised, known: Known) -> Verdict:
    decision = known.decision
    is_approved = decision.refund in ("approved", "approved_partial") and same_id(said.invoice, decision.invoice)
    is_refunded = _refunds(say.AlreadyRefunded(invoice=said.invoice), known)
    if is_approved or is_refunded or (said.invoice and known.bill(said.invoice) is None):
        return Fault("a refund was approved")
    return ("decision.refund",)


@_licenses(say.RefundAwaitsPerson)
def _refund_awaits_person(said: say.RefundAwaitsPerson, known: Known) -> Verdict:
    proof = [
        f"{bill.id}.pending"
        for bill in known.bills
        if bill.pending
        and bill.pending.amount > 0
        and same_id(said.invoice, bill.id)
        and _same_money(said.money, bill.pending)
    ]
    proof += [
        f"effect.{done.type}.{done.id}"
        for done in known.deeds("refund_reserved")
        if same_id(said.invoice, done.invoice) and _same_money(said.money, done.money)
    ]
    decision = known.decision
    is_in_review = decision.refund == "needs_review" and known.deeds("handoff_created", "ticket_created")
    if is_in_review and not proof and same_id(said.invoice, decision.invoice) and _fits_decision(said.money, known):
        proof.append("decision.refund")
    return _unless(proof, "no such refund awaits a person")


def _fits_decision(money: Money | None, known: Known) -> bool:
    bill = known.bill(known.decision.invoice)
    return money is None or money in (known.decision.money, bill.money if bill else None)


@_licenses(say.RefundApproved)
def _refund_approved(said: say.RefundApproved, known: Known) -> Verdict:
    decision = known.decision
    if not same_id(said.invoice, decision.invoice):
        return Fault("the decision is about another invoice")
    if said.negated:
        is_denied = decision.refund == "denied" and _fits_decision(said.money, known)
        return ("decision.refund",) if is_denied else Fault("no refund was denied")
    bill = known.bill(decision.invoice)
    is_partial = decision.refund == "approved_partial"
    is_exact = said.money is not None or said.percent is not None or said.share == "part"
    holds = (
        (decision.refund == "approved" or (is_partial and is_exact))
        and _same_money(said.money, decision.money)
        and (said.percent in (None, decision.percent) or _is_percent(said.percent, decision.money, bill))
        and (said.share is None or (said.share == "part") == is_partial)
    )
    return ("decision.refund",) if holds else Fault("no such refund was approved")


@_licenses(say.RefundUndecided)
def _refund_undecided(said: say.RefundUndecided, known: Known) -> Verdict:
    decision = known.decision
    holds = (
        decision.refund == "needs_review"
        and same_id(said.invoice, decision.invoice)
        and _fits_decision(said.money, known)
    )
    return ("decision.refund",) if holds else Fault("the decision is not open")


@_licenses(say.RefundPossible)
def _refund_possible(said: say.RefundPossible, known: Known) -> Verdict:
    decision = known.decision
    wanted = ("denied",) if said.negated else ("approved",)
    holds = (
        decision.refund in wanted and same_id(said.invoice, decision.invoice) and _fits_decision(said.money, known)
    )
    return ("decision.refund",) if holds else Fault(f"the decision on it is {decision.refund}")


_REASONS = {
    "outside_window": ("window", "days", "old", "late", "frist", "plazo", "délai", "prazo", "termine"),
    "above_limit": ("limit", "above", "exceed", "over"),
    "not_paid": ("not paid", "unpaid", "open"),
    "duplicate": ("duplicate", "twice", "double"),
    "outage": ("outage", "incident", "downtime"),
}


@_licenses(say.DeniedFor)
def _denied_for(said: say.DeniedFor, known: Known) -> Verdict:
    decision, reason = known.decision, _folded(known.decision.reason)
    is_about = same_id(said.invoice, decision.invoice)
    is_against = said.reason not in ("outside_window", "not_paid") or decision.refund == "denied"
    holds = is_about and is_against and any(word in reason for word in _REASONS.get(said.reason, ()))
    return ("decision.reason",) if holds else Fault(f"the reason is {known.decision.reason or 'not known'}")


@_licenses(say.PersonDecidedAgainst)
def _person_decided_against(said: say.PersonDecidedAgainst, known: Known) -> Verdict:
    bill = known.bill(said.invoice)
    return (f"{said.invoice}.was_denied",) if bill and bill.was_denied else Fault("no person has decided against it")


@_licenses(say.StillPaid)
def _rest_is_paid(said: say.StillPaid, known: Known) -> Verdict:
    """Without an amount, 'the rest': something went back, and not all."""
    if said.money is not None:
        return _still_paid(said, known)
    part = say.RefundIssued(invoice=said.invoice, share="part")
    is_partial = _refunds(part, known) or _refunded_bills(part, known)
    return (f"{said.invoice or 'ledger'}.refunded",) if is_partial else Fault("there is no rest")


@_licenses(say.ShallWeRefund)
def _still_paid(said: say.ShallWeRefund | say.StillPaid, known: Known) -> Verdict:
    for bill in known.bills:
        touched = [done for done in known.deeds("refund", "refund_reserved") if done.invoice == bill.id]
        after = _minus(bill.left, [done.money for done in touched if done.money])
        is_offer = isinstance(said, say.ShallWeRefund)
        holds = after is not None and after == said.money and after.amount > 0
        if same_id(said.invoice, bill.id) and holds and not (is_offer and touched):
            return (f"{bill.id}.refundable",)
    return Fault("another amount is left of it")


def _minus(money: Money | None, others: Iterable[Money]) -> Money | None:
    if money is None:
        return None
    rest = money.amount - sum((other.amount for other in others), Decimal(0))
    return Money(amount=rest, currency=money.currency)


@_licenses(say.WouldRefund)
@_licenses(say.WouldAskPerson)
def _would(said: say.WouldRefund | say.WouldAskPerson, known: Known) -> Verdict:
    if known.live:
        return Fault("live says what it does, not what it would do")
    decision = known.decision
    wanted, deed = (
        (("approved", "approved_partial"), "refund")
        if isinstance(said, say.WouldRefund)
        else (("needs_review",), "refund_reserved")
    )
    meant = Done(type="refund", invoice=decision.invoice, money=decision.money)
    planned = [done for done in known.done if done.type == deed] + ([meant] if decision.refund in wanted else [])
    holds = any(_is_refund(said, done, known) for done in planned)
    return ("decision.refund",) if holds else Fault("the plan would not do that")


@_licenses(say.WouldPassToPerson)
def _would_pass_to_person(said: say.WouldPassToPerson, known: Known) -> Verdict:
    if known.live:
        return Fault("live says what it does, not what it would do")
    handed = [done for done in known.done if done.type == "handoff_created"]
    is_review = known.decision.refund == "needs_review"
    return ("effect.handoff_created",) if handed or is_review else Fault("the plan hands nothing to a person")


@_licenses(say.NothingDone)
def _nothing_done(said: say.NothingDone, known: Known) -> Verdict:
    return Fault("the plan does something") if known.live and known.done else ("plan.effects",)


@_licenses(say.Rehearsal)
def _rehearsal(said: say.Rehearsal, known: Known) -> Verdict:
    return Fault("this is not a rehearsal") if known.live else ("mode",)


# Invoices and the account


@_licenses(say.InvoiceIs)
def _invoice_is(said: say.InvoiceIs, known: Known) -> Verdict:
    about = [bill for bill in known.bills if same_id(said.invoice, bill.id)]
    if not about:
        return Fault(f"{said.invoice} is not on the account")
    if said.negated and said.status == "refunded":
        return _not_refunded(say.RefundIssued(invoice=said.invoice, share="full"), known)
    if said.negated:
        plain = [bill for bill in about if _is_as_said(said, bill)]
        return Fault("it is so") if plain or not known.is_complete else (f"{said.invoice or 'ledger'}.status",)
    return _unless(
        (
            f"{bill.id}.{name}"
            for bill in about
            if _is_as_said(said, bill) and _is_in_order(said.order, bill, known)
            for name in _fields_said(said)
        ),
        f"the books say otherwise: {', '.join(map(_in_words, about[:2]))}",
    )


def _is_in_order(order: str | None, bill: Bill, known: Known) -> bool:
    """Whether it is the latest, or the first, of all by date; a tie is neither."""
    if order is None:
        return True
    others = [other.date for other in known.bills if other.id != bill.id and other.date]
    if bill.date is None or not known.is_complete or len(others) < len(known.bills) - 1:
        return False
    return all(day < bill.date if order == "latest" else day > bill.date for day in others)


def _is_as_said(said: say.InvoiceIs, bill: Bill) -> bool:
    days = [day for day in (bill.date, bill.paid_on) if day]
    return (
        _is_like(said, bill)
        and (said.date is None or any(same_day(said.date, day) for day in days))
        and (said.paid_on is None or same_day(said.paid_on, bill.paid_on))
        and (said.month is None or any(said.month == day.month for day in days))
        and (said.year is None or any(said.year == day.year for day in days))
    )


def _is_like(said: say.InvoiceIs | say.OnlyInvoice | say.AllInvoices, bill: Bill) -> bool:
    return _same_money(said.money, bill.money) and _is_status(said.status, bill) and same_text(said.plan, bill.plan)


_UNPAID = ("open", "overdue", "unpaid", "past_due")


def _is_status(said: str | None, bill: Bill) -> bool:
    if said is None:
        return True
    if said == "unpaid":
        return bill.status in _UNPAID
    if said == "was paid":
        return bill.status in ("paid", "refunded", "partially_refunded")
    return _same_status(said, bill.status)


def _same_status(said: str, status: str) -> bool:
    """Whether two names mean one state: an invoice is overdue where its account is past due."""
    same = {"past due": "overdue", "canceled": "cancelled"}
    one, other = _folded(said), _folded(status)
    return same.get(one, one) == same.get(other, other)


def _fields_said(said: say.InvoiceIs) -> tuple[str, ...]:
    names = {"money": "total", "status": "status", "date": "paid_at", "paid_on": "paid_at", "month": "paid_at", "plan": "plan"}
    return tuple(dict.fromkeys(field for name, field in names.items() if getattr(said, name) is not None)) or ("id",)


def _in_words(bill: Bill) -> str:
    return f"{bill.id}, {bill.money}, {bill.status}, {bill.paid_on or bill.date or 'no date'}"


@_licenses(say.InvoiceAge)
def _invoice_age(said: say.InvoiceAge, known: Known) -> Verdict:
    window = known.rules.refund_window_days
    for bill in known.bills:
        day = bill.paid_on or bill.date
        if day is None or not same_id(said.invoice, bill.id):
            continue
        age = (known.today - day).days
        is_over = said.over is None or (window is not None and age - window == said.over)
        if said.days in (None, age) and is_over:
            return (f"{bill.id}.paid_at",)
    return Fault("it has another age")


@_licenses(say.InsideWindow)
def _inside_window(said: say.InsideWindow, known: Known) -> Verdict:
    window = known.rules.refund_window_days
    if window is None or said.days not in (None, window):
        return Fault(f"the window is {window} days")
    for bill in known.bills:
        day = bill.paid_on or bill.date
        if day and same_id(said.invoice, bill.id) and (known.today - day <= timedelta(window)) != said.negated:
            return (f"{bill.id}.paid_at", "policy.refund_window_days")
    return Fault("it is the other way round")


@_licenses(say.NoSuchInvoice)
def _no_such_invoice(said: say.NoSuchInvoice, known: Known) -> Verdict:
    is_named = said.invoice in known.missing or said.invoice in known.customer_message
    is_missing = is_named and known.bill(said.invoice) is None and known.is_complete
    return ("account.invoices",) if is_missing else Fault("it is on the account, or nobody has named it")


@_licenses(say.ChargedTwice)
def _charged_twice(said: say.ChargedTwice, known: Known) -> Verdict:
    for one, other in combinations(known.bills, 2):
        is_twice = one.money == other.money and one.date == other.date and one.date is not None
        is_paid = "void" not in (one.status, other.status) and "open" not in (one.status, other.status)
        if is_twice and is_paid and _same_money(said.money, one.money) and same_day(said.date, one.date):
            return (f"{one.id}.total", f"{other.id}.total")
    return Fault("no two charges of one day are alike")


@_licenses(say.NoPaidInvoice)
def _no_paid_invoice(said: say.NoPaidInvoice, known: Known) -> Verdict:
    paid = [bill for bill in known.bills if bill.status in ("paid", "refunded") or bill.paid_on]
    return ("account.invoices",) if not paid and known.is_complete else Fault("an invoice is paid")


@_licenses(say.NoInvoices)
def _no_invoices(said: say.NoInvoices, known: Known) -> Verdict:
    is_so = not known.bills and known.is_complete
    return ("account.invoices",) if is_so else Fault("the account has invoices")


@_licenses(say.OnlyInvoice)
def _only_invoice(said: say.OnlyInvoice, known: Known) -> Verdict:
    found = [
        bill
        for bill in known.bills
        if _is_like(said, bill) and (said.month is None or (bill.date and bill.date.month == said.month))
    ]
    is_so = len(found) == said.count and known.is_complete
    return ("account.invoices",) if is_so else Fault(f"the account has {len(found)}")


@_licenses(say.AllInvoices)
def _all_invoices(said: say.AllInvoices, known: Known) -> Verdict:
    is_so = (
        bool(known.bills)
        and known.is_complete
        and said.count in (None, len(known.bills))
        and all(_is_like(said, bill) for bill in known.bills)
    )
    return ("account.invoices",) if is_so else Fault("not all of them are so")


@_licenses(say.NothingOwed)
def _nothing_owed(said: say.NothingOwed, known: Known) -> Verdict:
    owed = [bill for bill in known.bills if bill.status in _UNPAID or bill.status == "uncollectible"]
    return ("account.invoices",) if not owed and known.is_complete else Fault("an invoice is open")


@_licenses(say.WindowEnds)
def _window_ends(said: say.WindowEnds, known: Known) -> Verdict:
    window = known.rules.refund_window_days
    for bill in known.bills:
        day = bill.paid_on or bill.date
        if window and day and same_id(said.invoice, bill.id) and same_day(said.date, day + timedelta(window)):
            return (f"{bill.id}.paid_at", "policy.refund_window_days")
    return Fault("the window ends on another day")


@_licenses(say.WhichInvoice)
def _which_invoice(said: say.WhichInvoice, known: Known) -> Verdict:
    held = {bill.id for bill in known.bills}
    is_asked = known.asked == said.invoices and held.issuperset(said.invoices)
    return ("account.invoices",) if is_asked else Fault("it is clear which, or another is meant")


@_licenses(say.PlanIs)
def _plan_is(said: say.PlanIs, known: Known) -> Verdict:
    if known.plan is None:
        return Fault("the plan is not known")
    changes = known.deeds("plan_changed")
    names = {known.plan} | {done.new for done in changes if done.new and not _is_later(done, known)}
    is_so = any(same_text(said.plan, name) for name in names)
    return ("account.plan",) if is_so != said.negated else Fault(f"the plan is {known.plan}")


def _is_later(done: Done, known: Known) -> bool:
    return done.effective is not None and done.effective > known.today


@_licenses(say.AccountIs)
def _account_is(said: say.AccountIs, known: Known) -> Verdict:
    if said.negated and _same_status(said.status, "cancelled") and known.deeds("subscription_cancelled"):
        return Fault("it is cancelled")
    is_so = known.status is not None and _same_status(said.status, known.status)
    return ("account.status",) if known.status and is_so != said.negated else Fault(f"it is {known.status}")


@_licenses(say.ApiKeyIs)
def _api_key_is(said: say.ApiKeyIs, known: Known) -> Verdict:
    is_so = said.status == known.api_key != "none"
    return ("account.api_key_status",) if is_so else Fault(f"the key is {known.api_key}")


@_licenses(say.NoApiKey)
def _no_api_key(said: say.NoApiKey, known: Known) -> Verdict:
    return ("account.api_key_status",) if known.api_key == "none" else Fault(f"the key is {known.api_key}")


@_licenses(say.EmailOnFile)
def _email_on_file(said: say.EmailOnFile, known: Known) -> Verdict:
    is_so = known.email is not None and said.email.lower() == known.email.lower()
    return ("account.email",) if is_so else Fault("another address is on file")


@_licenses(say.PlanCosts)
def _plan_costs(said: say.PlanCosts, known: Known) -> Verdict:
    new = [done.new for done in known.deeds("plan_changed")]
    found = [
        price
        for name in ([said.plan] if said.plan else [known.plan, *new])
        for price in known.prices
        if _is_priced(name, said.per, price) and price.money == said.money and said.per in (None, price.per)
    ]
    return _unless((f"price.{price.plan}" for price in found), "the list has another price")


_YEARLY = ("annual", "yearly", "year", "annuel", "anual", "annuale", "jahr", "jährlich")


def _is_priced(name: str | None, per: str | None, price: Price) -> bool:
    """Whether the list names this price for the plan; a plan paid by the year goes by its short name, too."""
    if same_text(name, price.plan):
        return True
    stem, _, ending = _folded(price.plan).rpartition(" ")
    return name is not None and per == price.per == "year" and ending in _YEARLY and _folded(name) == stem


@_licenses(say.PlanExists)
def _plan_exists(said: say.PlanExists, known: Known) -> Verdict:
    names = [price.plan for price in known.prices] + [bill.plan for bill in known.bills]
    is_so = any(name is not None and same_text(said.plan, name) for name in (known.plan, *names))
    return ("account.plan",) if is_so else Fault("there is no such plan")


@_licenses(say.Renews)
def _renews(said: say.Renews, known: Known) -> Verdict:
    renewal = known.renewal
    if said.negated:
        return Fault("a renewal lies ahead") if renewal else ("renewal",)
    if renewal is None:
        return Fault("no renewal is known")
    is_so = (
        same_day(said.date, renewal.date)
        and said.month in (None, renewal.date.month)
        and _same_money(said.money, renewal.money)
        and said.days in (None, (renewal.date - known.today).days)
        and (said.per is None or _is_per(said.per, renewal.money, known))
        and (said.plan is None or same_text(said.plan, known.plan) or _is_new_plan(said.plan, known))
    )
    return ("renewal",) if is_so else Fault(f"the renewal is {renewal.money} on {renewal.date}")


def _is_per(per: str, money: Money, known: Known) -> bool:
    return any(price.per == per and price.money == money for price in known.prices)


def _is_new_plan(plan: str, known: Known) -> bool:
    return any(same_text(plan, done.new) for done in known.deeds("plan_changed"))


def amounts(known: Known) -> set[Money]:
    """Every amount that a fact holds."""
    held: set[Money | None] = {bill.money for bill in known.bills} | {price.money for price in known.prices}
    held |= {done.money for done in known.deeds("refund", "refund_reserved")}
    held |= {money for bill in known.bills for money in (bill.refunded, bill.pending, bill.left)}
    held |= {known.renewal.money if known.renewal else None, known.decision.money, known.rules.auto_limit}
    return {money for money in held if money is not None and money.amount}


@_licenses(say.Difference)
def _difference(said: say.Difference, known: Known) -> Verdict:
    if said.way is not None or said.plan is not None:
        return _more_or_less(said, known)
    is_so = any(
        one.currency == other.currency == said.money.currency and abs(one.amount - other.amount) == said.money.amount
        for one, other in _comparable(known)
    )
    return ("arithmetic.difference",) if is_so else Fault("no two amounts that compare differ by that")


def _comparable(known: Known) -> Iterator[tuple[Money, Money]]:
    """Pairs of amounts whose difference means something: two prices, an invoice and what went back of it, a limit."""
    for one, other in combinations(known.prices, 2):
        if one.per == other.per:
            yield one.money, other.money
        yield _for_a_year(one), _for_a_year(other)
    refunds = [(done.money, known.bill(done.invoice)) for done in known.deeds("refund")]
    refunds += [(bill.refunded, bill) for bill in known.bills] + [(known.decision.money, known.bill(known.decision.invoice))]
    yield from ((bill.money, money) for money, bill in refunds if money and bill)
    for bill in known.bills:
        if known.rules.auto_limit:
            yield bill.money, known.rules.auto_limit
        if known.renewal:
            yield bill.money, known.renewal.money


def _for_a_year(price: Price) -> Money:
    return _times(price.money, 12 if price.per == "month" else 1)


def _times(money: Money, count: int) -> Money:
    return Money(amount=money.amount * count, currency=money.currency)


def _more_or_less(said: say.Difference, known: Known) -> Verdict:
    """`plan` costs that much more or less than `than`; where neither is said, than what the customer has now."""
    than = said.than or (None if said.plan else known.plan)
    for one in known.prices:
        for other in known.prices:
            if one == other or not (same_text(said.plan, one.plan) and same_text(than, other.plan)):
                continue
            pairs = [(one.money, other.money, one.per)] if one.per == other.per else []
            pairs += [(_for_a_year(one), _for_a_year(other), "year")]
            for mine, theirs, per in pairs:
                gap = (mine.amount - theirs.amount) * (-1 if said.way == "less" else 1)
                gap = abs(gap) if said.way is None else gap
                if said.per in (None, per) and gap == said.money.amount and mine.currency == said.money.currency:
                    return (f"price.{one.plan}", f"price.{other.plan}")
    return Fault("the prices differ otherwise")


@_licenses(say.Total)
def _total(said: say.Total, known: Known) -> Verdict:
    if said.of == "paid":
        paid = [bill.money for bill in known.bills if bill.status in ("paid", "refunded", "partially_refunded")]
        is_all = bool(paid) and known.is_complete and len({money.currency for money in paid}) == 1
        whole = Money(amount=sum((money.amount for money in paid), Decimal(0)), currency=said.money.currency)
        is_all = is_all and paid[0].currency == said.money.currency
        return ("arithmetic.sum",) if is_all and whole == said.money else Fault("they paid another sum")
    if said.plan is not None or said.count is not None:
        priced = [p for p in known.prices if p.per == "month" and same_text(said.plan or known.plan, p.plan)]
        is_so = any(_times(price.money, said.count or 12) == said.money for price in priced)
        return ("arithmetic.sum",) if is_so else Fault("that many months cost another sum")
    moneys = [bill.money for bill in known.bills] + ([known.renewal.money] if known.renewal else [])
    is_so = said.money in _sums(moneys[:6]) or any(
        _for_a_year(price) == said.money for price in known.prices if price.per == "month"
    )
    return ("arithmetic.sum",) if is_so else Fault("no known amounts add up to that")


def _sums(moneys: list[Money]) -> set[Money]:
    return {
        Money(amount=sum((money.amount for money in some), Decimal(0)), currency=some[0].currency)
        for size in range(2, len(moneys) + 1)
        for some in combinations(moneys, size)
        if len({money.currency for money in some}) == 1
    }


@_licenses(say.Share)
def _share_of(said: say.Share, known: Known) -> Verdict:
    decision, bills = known.decision, known.bills
    if said.percent == decision.percent and decision.refund == "approved_partial" and said.money in (None, decision.money):
        return ("decision.percent",)
    pairs = [(done.money, known.bill(done.invoice)) for done in known.deeds("refund")]
    pairs += [(bill.refunded, bill) for bill in bills]
    found = [bill for money, bill in pairs if money and bill and said.money in (None, money) and _is_percent(said.percent, money, bill)]
    return _unless((f"{bill.id}.total" for bill in found), "no known amount is that share")


# Policy


@_licenses(say.RefundWindow)
def _refund_window(said: say.RefundWindow, known: Known) -> Verdict:
    window = known.rules.refund_window_days
    return ("policy.refund_window_days",) if said.days == window else Fault(f"policy has {window} days")


@_licenses(say.RefundEta)
def _refund_eta(said: say.RefundEta, known: Known) -> Verdict:
    eta = known.rules.refund_eta_days
    if eta is None:
        return Fault("policy promises no time of arrival")
    is_so = said.high == eta[1] and said.low in (None, eta[0])
    return ("policy.refund_eta_days",) if is_so else Fault(f"policy has {eta[0]} to {eta[1]} business days")


@_licenses(say.ResponseTime)
def _response_time(said: say.ResponseTime, known: Known) -> Verdict:
    hours = known.rules.response_hours
    return ("policy.response_hours",) if said.hours == hours else Fault(f"the response time is {hours} hours")


@_licenses(say.AutoLimit)
def _auto_limit(said: say.AutoLimit, known: Known) -> Verdict:
    limit = known.rules.auto_limit
    return ("policy.auto_limit",) if said.limit == limit else Fault(f"the limit is {limit}")


@_licenses(say.AboveLimit)
def _above_limit(said: say.AboveLimit, known: Known) -> Verdict:
    limit = known.rules.auto_limit
    if limit is None:
        return Fault("no limit is known")
    for bill in known.bills:
        about = same_id(said.invoice, bill.id) and said.money in (None, bill.money, known.decision.money)
        money = said.money or bill.money
        if about and money.currency == limit.currency and (money.amount > limit.amount) != said.negated:
            return (f"{bill.id}.total", "policy.auto_limit")
    return Fault(f"the limit is {limit}")


# Effects


def _done(
    known: Known, deeds: Iterable[Done], negated: bool, every: Iterable[Done], name: str
) -> Verdict:
    """A done-statement needs a deed with all the slots said; a denial needs that there is none at all."""
    if negated:
        return Fault("it was done") if tuple(every) else (f"effect.{name}",)
    proof = tuple(f"effect.{done.type}.{done.id or ''}".rstrip(".") for done in deeds)
    return _unless(proof, "in shadow nothing is done" if not known.live else "the plan does no such thing")


@_licenses(say.PassedToPerson)
def _passed_to_person(said: say.PassedToPerson, known: Known) -> Verdict:
    every = known.deeds("handoff_created")
    deeds = [
        done
        for done in every
        if same_id(said.handoff, done.id)
        and _is_with(said.to, done.to)
        and same_day(said.date, done.date or known.today)
    ]
    return _done(known, deeds, said.negated, every, "handoff_created")


def _is_with(said: str | None, team: str | None) -> bool:
    words = _folded(said or "").replace("team", "").split()
    return said is None or (team is not None and bool(words) and set(words) <= set(_folded(team).split()))


@_licenses(say.TicketIs)
def _ticket_is(said: say.TicketIs, known: Known) -> Verdict:
    every = known.deeds("ticket_created")
    deeds = [d for d in every if same_id(said.ticket, d.id) and same_day(said.date, d.date or known.today)]
    return _done(known, deeds, said.negated, every, "ticket_created")


def _same_email(said: str | None, email: str | None) -> bool:
    return said is None or (email is not None and said.lower() == email.lower())


_MAILS: dict[str, tuple[str, ...]] = {
    "confirmation": ("confirm", "receipt", "cancel", "refund", "plan", "change"),
    "refund": ("refund",),
    "cancellation": ("cancel",),
    "invoice": ("invoice",),
    "plan_change": ("plan", "change", "upgrade", "downgrade"),
    "reminder": ("reminder",),
    "receipt": ("receipt",),
}


def _is_about(said: str | None, template: str | None) -> bool:
    return said is None or not template or any(word in template.lower() for word in _MAILS.get(said, ()))


@_licenses(say.EmailSent)
def _email_sent(said: say.EmailSent, known: Known) -> Verdict:
    every = known.deeds("email_sent", "password_reset_email_sent")
    deeds = [
        done
        for done in every
        if _same_email(said.email, done.to)
        and same_day(said.date, done.date or known.today)
        and _is_about(said.about, done.template)
        and (said.about is None or done.type == "email_sent")
    ]
    return _done(known, deeds, said.negated, every, "email_sent")


@_licenses(say.ResetMailSent)
def _reset_mail_sent(said: say.ResetMailSent, known: Known) -> Verdict:
    every = known.deeds("password_reset_email_sent")
    deeds = [d for d in every if _same_email(said.email, d.to) and same_day(said.date, d.date or known.today)]
    return _done(known, deeds, said.negated, every, "password_reset_email_sent")


@_licenses(say.Cancelled)
def _cancelled(said: say.Cancelled, known: Known) -> Verdict:
    every = known.deeds("subscription_cancelled")
    deeds = [
        done
        for done in every
        if same_day(said.date, done.date or known.today)
        and same_day(said.effective, done.effective or done.date)
        and same_text(said.plan, known.plan)
        and same_id(said.ref, done.id)
    ]
    if said.negated and not same_text(said.plan, known.plan):
        return Fault(f"the plan is {known.plan}")
    if said.negated and known.status and _folded(known.status) in ("cancelled", "canceled"):
        return Fault("the subscription is cancelled")
    return _done(known, deeds, said.negated, every, "subscription_cancelled")


@_licenses(say.PlanChanged)
def _plan_changed(said: say.PlanChanged, known: Known) -> Verdict:
    every = known.deeds("plan_changed")
    deeds = [
        done
        for done in every
        if same_text(said.old, done.old)
        and same_text(said.new, done.new)
        and same_day(said.date, done.date or known.today)
        and same_day(said.effective, done.effective or done.date or known.today)
        and same_id(said.ref, done.id)
    ]
    if said.negated and said.new is not None and isinstance(_plan_exists(say.PlanExists(plan=said.new), known), Fault):
        return Fault("there is no such plan")
    return _done(known, deeds, said.negated, every, "plan_changed")


@_licenses(say.InvoiceCreated)
def _invoice_created(said: say.InvoiceCreated, known: Known) -> Verdict:
    every = known.deeds("invoice_created")
    deeds = [
        done
        for done in every
        if same_id(said.invoice, done.id or done.invoice)
        and _same_money(said.money, done.money)
        and same_day(said.date, done.date or known.today)
    ]
    return _done(known, deeds, said.negated, every, "invoice_created")


# What is about the conversation itself


@_licenses(say.CustomerSaid)
def _customer_said(said: say.CustomerSaid, known: Known) -> Verdict:
    message = known.customer_message
    is_so = all(
        _is_in(str(value), message)
        for value in (said.quote, said.invoice, said.email, said.code, said.plan)
        if value is not None
    )
    figures = [said.money.amount] if said.money else []
    is_so = is_so and all(_is_figure(figure, message) for figure in figures)
    return ("customer_message",) if is_so and said.date is None else Fault("the customer has not said that")


def _is_in(part: str, message: str) -> bool:
    return bool(part.strip()) and _folded(part).strip(" .,!?…") in _folded(message)


def _is_figure(amount: Decimal, message: str) -> bool:
    plain = f"{amount.normalize():f}"
    forms = {plain, f"{amount:.2f}", f"{amount:,.2f}", f"{amount:,.2f}".replace(",", " ").replace(".", ","), f"{amount:.2f}".replace(".", ",")}
    digits = "".join(c if c.isdigit() or c in ".," else " " for c in message).split()
    return any(found.strip(".,") in forms for found in digits)


@_licenses(say.DayIs)
def _day_is(said: say.DayIs, known: Known) -> Verdict:
    is_so = same_day(said.date, known.today + timedelta(said.days))
    return ("today",) if is_so else Fault(f"today is {known.today}")


@_licenses(say.CustomerIs)
def _customer_is(said: say.CustomerIs, known: Known) -> Verdict:
    names = known.name.lower().split()
    spoken = said.name.lower().split()
    is_so = bool(spoken) and (spoken == names or spoken == names[:1] or spoken == names[-1:])
    return ("account.name",) if is_so else Fault("the customer has another name")


@_licenses(say.StatusPage)
def _status_page(said: say.StatusPage, known: Known) -> Verdict:
    is_so = known.status_page is not None and said.url.rstrip("/") == known.status_page.rstrip("/")
    return ("status_page",) if is_so else Fault("we know no such link")


@_licenses(say.SignedBy)
def _signed_by(said: say.SignedBy, known: Known) -> Verdict:
    host = (known.status_page or "").partition("://")[2].partition("/")[0]
    is_so = _folded(said.brand).replace(" ", "") in host.split(".")
    return ("status_page",) if is_so else Fault("that is not our name")


@_licenses(say.Courtesy)
def _courtesy(said: say.Courtesy, known: Known) -> Verdict:
    return ()
