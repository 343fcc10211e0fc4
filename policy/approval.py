"""May a person say yes to this refund now? The very rules the machine decides by, asked again on today's facts."""

from datetime import datetime

import msgspec
from msgspec import Struct

from flowops.money import Money
from policy import engine
from policy.ruleset import Ruleset
from policy.values import Facts, Intent, InvoiceFact


class Request(Struct, frozen=True, kw_only=True):
    """A refund that waits for a person. Its own reservation, `reserved`, does not stand in its way."""

    invoice: str
    money: Money
    reserved: Money
    plan: str | None
    asked_at: datetime


class Finding(Struct, frozen=True, kw_only=True):
    """`objections` are why nobody may approve it (none: they may); `people` how many must."""

    objections: tuple[str, ...]
    people: int


def review(request: Request, invoices: tuple[InvoiceFact, ...], ruleset: Ruleset, *, version: int) -> Finding:
    """The window counts from when the customer asked: waiting for us costs them nothing."""
    facts = Facts(
        now=request.asked_at,
        intent=Intent.REFUND_REQUEST,
        confidence=1.0,
        plan=request.plan,
        invoices=tuple(_without_own_reservation(invoice, request) for invoice in invoices),
        named_invoices=(request.invoice,),
        named_amounts=(request.money,),
        asked_amounts=(request.money,),
    )
    decision = engine.decide(facts, ruleset, version=version)
    action = decision.action
    is_this_refund = action is not None and action.invoice == request.invoice and action.money == request.money
    return Finding(
        objections=() if is_this_refund else decision.reasons or ("policy decides otherwise",),
        people=ruleset.people_to_approve(request.money),
    )


def _without_own_reservation(invoice: InvoiceFact, request: Request) -> InvoiceFact:
    """Nor does a person's no to another refund of it: what they decided on is not what is asked here."""
    if invoice.id != request.invoice or request.reserved.currency != invoice.total.currency:
        return invoice
    pending = invoice.pending - request.reserved.amount
    return msgspec.structs.replace(invoice, pending=pending, was_denied=False)
