"""Which invoice is meant: "it", "the other one", "the refund". What one sentence leaves open, others settle."""

from datetime import timedelta
from typing import Any, NamedTuple

import msgspec

from agent import licence
from agent.known import Known
from agent.parse import PRONOUNS
from agent.statements import (
    InsideWindow,
    InvoiceAge,
    InvoiceIs,
    RefundApproved,
    RefundIssued,
    RefundNotPromised,
    RefundUndecided,
    Statement,
    WindowEnds,
)
from agent.tokens import RelativeDay
from flowops.money import Money

_OF_REFUND = (RefundIssued, RefundApproved, RefundUndecided)
_OF_WINDOW = (InsideWindow, InvoiceAge, WindowEnds)


class Talk(NamedTuple):
    """What was spoken of so far: the invoices that "it" means, whether "it" may as well be a refund, and the
    amounts that were told as refunded."""

    invoices: tuple[str, ...] = ()
    of_refund: bool = False
    refunds: frozenset[Money | None] = frozenset()


def meanings(statement: Statement, known: Known, talk: Talk) -> list[Statement]:
    """The statement with the invoices it can mean: the one it names, else those last spoken of, else any.

    None at all where it is not clear.
    """
    statement = _all_unless_said(_dated(statement, known))
    match _slot(statement, "invoice", ""):
        case None:
            return [_with(statement, name) for name in _unnamed(statement, known, talk)]
        case "it":
            return [_with(statement, name) for name in talk.invoices or _default(known)]
        case "any":
            return [_with(statement, None)]
        case "other":
            others = [bill.id for bill in known.bills if bill.id not in talk.invoices]
            return [_with(statement, name) for name in others] if len(others) == 1 and known.is_complete else []
        case "both":
            is_both = len(known.bills) == 2 and known.is_complete
            return [_with(statement, bill.id) for bill in known.bills] if is_both else []
        case _:
            return [statement]


def may_be_the_refund(statement: Statement, talk: Talk) -> bool:
    """ "Your refund is on its way. It is for €79." is not about the invoice."""
    of_it = isinstance(statement, InvoiceIs) and statement.invoice == "it" and statement.status is None
    return of_it and talk.of_refund


def after(statement: Statement, known: Known, talk: Talk) -> Talk:
    """What was spoken of when this has been said, too."""
    invoice = _slot(statement, "invoice")
    named = (invoice,) if invoice and invoice not in PRONOUNS else ()
    if isinstance(statement, _OF_REFUND) and not _slot(statement, "negated"):
        told = talk.refunds | {statement.money} if isinstance(statement, RefundIssued) else talk.refunds
        return Talk(named or talk.invoices, of_refund=True, refunds=told)
    if named:
        return Talk(named, of_refund=isinstance(statement, _OF_REFUND), refunds=talk.refunds)
    if invoice is None and isinstance(statement, InvoiceIs):
        found = tuple(bill.id for bill in known.bills if licence.is_so(_with(statement, bill.id), known))
        return Talk(found, refunds=talk.refunds) if found else talk
    return talk


def _unnamed(statement: Statement, known: Known, talk: Talk) -> tuple[str | None, ...]:
    """Without a name it is the invoice last spoken of; for a refund, the one that was decided on."""
    decision, money = known.decision, _slot(statement, "money")
    if isinstance(statement, RefundNotPromised):
        return (None,)
    is_decided = isinstance(statement, _OF_REFUND) and decision.refund != "none" and decision.invoice is not None
    if is_decided and money in (None, decision.money) and not (money is None and talk.invoices):
        return (decision.invoice,)
    if isinstance(statement, _OF_WINDOW) and not talk.invoices:
        return _default(known) or (None,)
    return talk.invoices if money is None and talk.invoices else (None,)


def _all_unless_said(statement: Statement) -> Statement:
    """Of an invoice that the sentence names, and without an amount, "refunded" means all of it."""
    if not isinstance(statement, RefundIssued) or statement.negated or statement.invoice is None:
        return statement
    is_open = (statement.money, statement.percent, statement.share) == (None,) * 3
    return msgspec.structs.replace(statement, share="full") if is_open else statement


def _dated(statement: Statement, known: Known) -> Statement:
    """The statement with "today" and its like as dates."""
    days = {
        name: known.today + timedelta(days=value.days)
        for name in statement.__struct_fields__
        if isinstance(value := getattr(statement, name), RelativeDay)
    }
    return msgspec.structs.replace(statement, **days) if days else statement


def _default(known: Known) -> tuple[str, ...]:
    return (known.decision.invoice,) if known.decision.invoice else tuple(bill.id for bill in known.bills)


def _with(statement: Statement, invoice: str | None) -> Statement:
    return msgspec.structs.replace(statement, invoice=invoice)


def _slot(statement: Statement, name: str, otherwise: Any = None) -> Any:
    return getattr(statement, name, otherwise)
