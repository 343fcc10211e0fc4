"""What licenses the statements on refunds: the ledger, this plan's deeds, and what was decided."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from agent import statements as say
from agent.known import Bill, Done, Known
from agent.licences.amounts import sums
from agent.licences.proof import (
    Fault,
    Licence,
    Verdict,
    folded,
    same_day,
    same_destination,
    same_id,
    same_money,
    share_of,
    unless,
)
from flowops.money import Money


def refunds_like(said: Any, known: Known) -> list[Done]:
    """The refunds of this plan that have all the slots that were said."""
    return [done for done in known.deeds("refund") if _is_refund(said, done, known)]


def _is_refund(said: Any, done: Done, known: Known) -> bool:
    bill = known.bill(done.invoice)
    return (
        same_id(said.invoice, done.invoice)
        and same_money(said.money, done.money)
        and same_id(getattr(said, "ref", None), done.id)
        and same_day(getattr(said, "date", None), done.date or known.today)
        and same_destination(getattr(said, "to", None), done.to)
        and is_percent(getattr(said, "percent", None), done.money, bill)
        and _is_share(getattr(said, "share", None), done.money, bill)
    )


def _is_share(said: str | None, money: Money | None, bill: Bill | None) -> bool:
    """Whether the money is the whole of the invoice, or only a part of it."""
    if said in (None, "any"):
        return True
    return bill is not None and money is not None and (money.amount < bill.money.amount) == (said == "part")


def is_percent(said: Decimal | None, money: Money | None, bill: Bill | None) -> bool:
    if said is None:
        return True
    return bill is not None and money is not None and money.amount == share_of(bill.money, said)


def refunded_bills(said: Any, known: Known) -> list[Bill]:
    """Invoices that the ledger has as refunded, earlier or by a person."""
    return [
        bill
        for bill in known.bills
        if bill.refunded is not None
        and bill.refunded.amount > 0
        and same_id(said.invoice, bill.id)
        and same_money(said.money, bill.refunded)
        and is_percent(getattr(said, "percent", None), bill.refunded, bill)
        and _is_share(getattr(said, "share", None), bill.refunded, bill)
    ]


def _refund_issued(said: say.RefundIssued, known: Known) -> Verdict:
    if said.negated:
        return not_refunded(said, known)
    proof = [f"effect.{done.type}.{done.id}" for done in refunds_like(said, known)]
    if not said.ref and not said.date and not said.to:
        proof += [f"{bill.id}.refunded" for bill in refunded_bills(said, known)]
    if proof or not known.live:
        return unless(proof, "in shadow nothing is done")
    if _is_sum_of_refunds(said, known):
        return tuple(f"effect.refund.{done.id}" for done in known.deeds("refund"))
    return Fault("no refund with this amount, invoice, date and destination is in the plan or the ledger")


def _is_sum_of_refunds(said: say.RefundIssued, known: Known) -> bool:
    moneys = [done.money for done in known.deeds("refund") if done.money]
    is_plain = not (said.invoice or said.ref or said.percent or said.to or said.share)
    return is_plain and len(moneys) > 1 and said.money in sums(moneys)


def not_refunded(said: say.RefundIssued, known: Known) -> Verdict:
    """A denial must be true of the whole invoice: 'we have not refunded €50' while €49 went back misleads.

    Only 'not in full' is true of a part.
    """
    is_of_all = said.percent == 100 or said.share == "full"
    plain = say.RefundIssued(invoice=said.invoice, percent=Decimal(100) if is_of_all else None)
    if refunds_like(plain, known) or refunded_bills(plain, known):
        return Fault("it has been refunded")
    if said.invoice is not None and known.bill(said.invoice) is None:
        return Fault(f"{said.invoice} is not on the account")
    about = [bill for bill in known.bills if same_id(said.invoice, bill.id)]
    reserved = [done for done in known.deeds("refund_reserved") if same_id(said.invoice, done.invoice)]
    if reserved or any(bill.pending and bill.pending.amount for bill in about):
        return Fault("a refund of it awaits a person")
    if not known.is_complete:
        return Fault("the ledger could not be read")
    return (f"{said.invoice or 'ledger'}.refunded",)


def _already_refunded(said: say.AlreadyRefunded, known: Known) -> Verdict:
    return unless(
        (f"{bill.id}.refunded" for bill in refunded_bills(said, known)), "the ledger has another refunded amount"
    )


def _no_refunds(said: say.NoRefunds, known: Known) -> Verdict:
    return not_refunded(say.RefundIssued(negated=True), known)


def _only_refunded(said: say.OnlyRefunded, known: Known) -> Verdict:
    plain = say.AlreadyRefunded()
    names = {done.invoice for done in refunds_like(plain, known)} | {
        bill.id for bill in refunded_bills(plain, known)
    }
    if len(names) != 1 or not known.is_complete:
        return Fault("it is not the only one refunded")
    return _refund_issued(say.RefundIssued(invoice=said.invoice, money=said.money), known)


def _refund_not_promised(said: say.RefundNotPromised, known: Known) -> Verdict:
    decision = known.decision
    is_approved = decision.refund in ("approved", "approved_partial") and same_id(said.invoice, decision.invoice)
    is_refunded = refunds_like(say.AlreadyRefunded(invoice=said.invoice), known)
    if is_approved or is_refunded or (said.invoice and known.bill(said.invoice) is None):
        return Fault("a refund was approved")
    return ("decision.refund",)


def _refund_awaits_person(said: say.RefundAwaitsPerson, known: Known) -> Verdict:
    proof = [
        f"{bill.id}.pending"
        for bill in known.bills
        if bill.pending
        and bill.pending.amount > 0
        and same_id(said.invoice, bill.id)
        and same_money(said.money, bill.pending)
    ]
    proof += [
        f"effect.{done.type}.{done.id}"
        for done in known.deeds("refund_reserved")
        if same_id(said.invoice, done.invoice) and same_money(said.money, done.money)
    ]
    decision = known.decision
    is_in_review = decision.refund == "needs_review" and known.deeds("handoff_created", "ticket_created")
    if (
        is_in_review
        and not proof
        and same_id(said.invoice, decision.invoice)
        and _fits_decision(said.money, known)
    ):
        proof.append("decision.refund")
    return unless(proof, "no such refund awaits a person")


def _fits_decision(money: Money | None, known: Known) -> bool:
    bill = known.bill(known.decision.invoice)
    return money is None or money in (known.decision.money, bill.money if bill else None)


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
        and same_money(said.money, decision.money)
        and (said.percent in (None, decision.percent) or is_percent(said.percent, decision.money, bill))
        and (said.share is None or (said.share == "part") == is_partial)
    )
    return ("decision.refund",) if holds else Fault("no such refund was approved")


def _refund_undecided(said: say.RefundUndecided, known: Known) -> Verdict:
    decision = known.decision
    holds = (
        decision.refund == "needs_review"
        and same_id(said.invoice, decision.invoice)
        and _fits_decision(said.money, known)
    )
    return ("decision.refund",) if holds else Fault("the decision is not open")


def _refund_possible(said: say.RefundPossible, known: Known) -> Verdict:
    decision = known.decision
    plain = say.AlreadyRefunded(invoice=said.invoice or decision.invoice)
    if not said.negated and (refunds_like(plain, known) or refunded_bills(plain, known)):
        return Fault("it has been refunded already")
    wanted = ("denied",) if said.negated else ("approved",)
    holds = (
        decision.refund in wanted and same_id(said.invoice, decision.invoice) and _fits_decision(said.money, known)
    )
    return ("decision.refund",) if holds else Fault(f"the decision on it is {decision.refund}")


_REASONS = {
    "outside_window": ("window", "days", "old", "late", "frist", "plazo", "délai", "prazo", "termine"),
    "above_limit": ("limit",),
    "not_paid": ("not paid", "unpaid", "open"),
    "duplicate": ("duplicate", "twice", "double"),
    "outage": ("outage", "incident", "downtime"),
}


def _denied_for(said: say.DeniedFor, known: Known) -> Verdict:
    decision, reason = known.decision, folded(known.decision.reason)
    is_about = same_id(said.invoice, decision.invoice)
    is_against = said.reason not in ("outside_window", "not_paid") or decision.refund == "denied"
    holds = is_about and is_against and any(word in reason for word in _REASONS.get(said.reason, ()))
    return ("decision.reason",) if holds else Fault(f"the reason is {known.decision.reason or 'not known'}")


def _person_decided_against(said: say.PersonDecidedAgainst, known: Known) -> Verdict:
    bill = known.bill(said.invoice)
    return (
        (f"{said.invoice}.was_denied",) if bill and bill.was_denied else Fault("no person has decided against it")
    )


def _rest_is_paid(said: say.StillPaid, known: Known) -> Verdict:
    """Without an amount, 'the rest': something went back, and not all."""
    if said.money is not None:
        return _still_paid(said, known)
    part = say.RefundIssued(invoice=said.invoice, share="part")
    is_partial = refunds_like(part, known) or refunded_bills(part, known)
    return (f"{said.invoice or 'ledger'}.refunded",) if is_partial else Fault("there is no rest")


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


def _would_pass_to_person(said: say.WouldPassToPerson, known: Known) -> Verdict:
    if known.live:
        return Fault("live says what it does, not what it would do")
    handed = [done for done in known.done if done.type == "handoff_created"]
    is_review = known.decision.refund == "needs_review"
    return ("effect.handoff_created",) if handed or is_review else Fault("the plan hands nothing to a person")


def _nothing_done(said: say.NothingDone, known: Known) -> Verdict:
    return Fault("the plan does something") if known.live and known.done else ("plan.effects",)


def _rehearsal(said: say.Rehearsal, known: Known) -> Verdict:
    return Fault("this is not a rehearsal") if known.live else ("mode",)


LICENCES: dict[type, Licence] = {
    say.RefundIssued: _refund_issued,
    say.AlreadyRefunded: _already_refunded,
    say.NoRefunds: _no_refunds,
    say.OnlyRefunded: _only_refunded,
    say.RefundNotPromised: _refund_not_promised,
    say.RefundAwaitsPerson: _refund_awaits_person,
    say.RefundApproved: _refund_approved,
    say.RefundUndecided: _refund_undecided,
    say.RefundPossible: _refund_possible,
    say.DeniedFor: _denied_for,
    say.PersonDecidedAgainst: _person_decided_against,
    say.StillPaid: _rest_is_paid,
    say.ShallWeRefund: _still_paid,
    say.WouldRefund: _would,
    say.WouldAskPerson: _would,
    say.WouldPassToPerson: _would_pass_to_person,
    say.NothingDone: _nothing_done,
    say.Rehearsal: _rehearsal,
}
