"""What licenses the statements on invoices: the books, and the refund window counted from them."""

from datetime import timedelta
from itertools import combinations

from agent import statements as say
from agent.known import Bill, Known
from agent.licences.proof import Fault, Licence, Verdict, folded, same_day, same_id, same_money, same_text, unless
from agent.licences.refunds import not_refunded


def _invoice_is(said: say.InvoiceIs, known: Known) -> Verdict:
    about = [bill for bill in known.bills if same_id(said.invoice, bill.id)]
    if not about:
        return Fault(f"{said.invoice} is not on the account")
    if said.negated and said.status == "refunded":
        return not_refunded(say.RefundIssued(invoice=said.invoice, share="full"), known)
    if said.negated:
        plain = [bill for bill in about if is_as_said(said, bill)]
        return Fault("it is so") if plain or not known.is_complete else (f"{said.invoice or 'ledger'}.status",)
    return unless(
        (
            f"{bill.id}.{name}"
            for bill in about
            if is_as_said(said, bill) and _is_in_order(said.order, bill, known)
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


def is_as_said(said: say.InvoiceIs, bill: Bill) -> bool:
    days = [day for day in (bill.date, bill.paid_on) if day]
    return (
        _is_like(said, bill)
        and (said.date is None or any(same_day(said.date, day) for day in days))
        and (said.paid_on is None or same_day(said.paid_on, bill.paid_on))
        and (said.month is None or any(said.month == day.month for day in days))
        and (said.year is None or any(said.year == day.year for day in days))
    )


def _is_like(said: say.InvoiceIs | say.OnlyInvoice | say.AllInvoices, bill: Bill) -> bool:
    return same_money(said.money, bill.money) and _is_status(said.status, bill) and same_text(said.plan, bill.plan)


UNPAID = ("open", "overdue", "unpaid", "past_due")


def _is_status(said: str | None, bill: Bill) -> bool:
    if said is None:
        return True
    if said == "unpaid":
        return bill.status in UNPAID
    if said == "was paid":
        return bill.status in ("paid", "refunded", "partially_refunded")
    return same_status(said, bill.status)


def same_status(said: str, status: str) -> bool:
    """Whether two names mean one state: an invoice is overdue where its account is past due."""
    same = {"past due": "overdue", "canceled": "cancelled"}
    one, other = folded(said), folded(status)
    return same.get(one, one) == same.get(other, other)


def _fields_said(said: say.InvoiceIs) -> tuple[str, ...]:
    names = {
        "money": "total",
        "status": "status",
        "date": "paid_at",
        "paid_on": "paid_at",
        "month": "paid_at",
        "plan": "plan",
    }
    return tuple(dict.fromkeys(field for name, field in names.items() if getattr(said, name) is not None)) or (
        "id",
    )


def _in_words(bill: Bill) -> str:
    return f"{bill.id}, {bill.money}, {bill.status}, {bill.paid_on or bill.date or 'no date'}"


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


def _inside_window(said: say.InsideWindow, known: Known) -> Verdict:
    window = known.rules.refund_window_days
    if window is None or said.days not in (None, window):
        return Fault(f"the window is {window} days")
    for bill in known.bills:
        day = bill.paid_on or bill.date
        if day and same_id(said.invoice, bill.id) and (known.today - day <= timedelta(window)) != said.negated:
            return (f"{bill.id}.paid_at", "policy.refund_window_days")
    return Fault("it is the other way round")


def _no_such_invoice(said: say.NoSuchInvoice, known: Known) -> Verdict:
    is_named = said.invoice in known.missing or said.invoice in known.customer_message
    is_missing = is_named and known.bill(said.invoice) is None and known.is_complete
    return ("account.invoices",) if is_missing else Fault("it is on the account, or nobody has named it")


def _charged_twice(said: say.ChargedTwice, known: Known) -> Verdict:
    for one, other in combinations(known.bills, 2):
        is_twice = one.money == other.money and one.date == other.date and one.date is not None
        is_paid = "void" not in (one.status, other.status) and "open" not in (one.status, other.status)
        if is_twice and is_paid and same_money(said.money, one.money) and same_day(said.date, one.date):
            return (f"{one.id}.total", f"{other.id}.total")
    return Fault("no two charges of one day are alike")


def _no_paid_invoice(said: say.NoPaidInvoice, known: Known) -> Verdict:
    paid = [bill for bill in known.bills if bill.status in ("paid", "refunded") or bill.paid_on]
    return ("account.invoices",) if not paid and known.is_complete else Fault("an invoice is paid")


def _no_invoices(said: say.NoInvoices, known: Known) -> Verdict:
    is_so = not known.bills and known.is_complete
    return ("account.invoices",) if is_so else Fault("the account has invoices")


def _only_invoice(said: say.OnlyInvoice, known: Known) -> Verdict:
    found = [
        bill
        for bill in known.bills
        if _is_like(said, bill) and (said.month is None or (bill.date and bill.date.month == said.month))
    ]
    is_so = len(found) == said.count and known.is_complete
    return ("account.invoices",) if is_so else Fault(f"the account has {len(found)}")


def _all_invoices(said: say.AllInvoices, known: Known) -> Verdict:
    is_so = (
        bool(known.bills)
        and known.is_complete
        and said.count in (None, len(known.bills))
        and all(_is_like(said, bill) for bill in known.bills)
    )
    return ("account.invoices",) if is_so else Fault("not all of them are so")


def _nothing_owed(said: say.NothingOwed, known: Known) -> Verdict:
    owed = [bill for bill in known.bills if bill.status in UNPAID or bill.status == "uncollectible"]
    return ("account.invoices",) if not owed and known.is_complete else Fault("an invoice is open")


def _window_ends(said: say.WindowEnds, known: Known) -> Verdict:
    window = known.rules.refund_window_days
    for bill in known.bills:
        day = bill.paid_on or bill.date
        if window and day and same_id(said.invoice, bill.id) and same_day(said.date, day + timedelta(window)):
            return (f"{bill.id}.paid_at", "policy.refund_window_days")
    return Fault("the window ends on another day")


def _which_invoice(said: say.WhichInvoice, known: Known) -> Verdict:
    held = {bill.id for bill in known.bills}
    is_asked = known.asked == said.invoices and held.issuperset(said.invoices)
    return ("account.invoices",) if is_asked else Fault("it is clear which, or another is meant")


LICENCES: dict[type, Licence] = {
    say.InvoiceIs: _invoice_is,
    say.InvoiceAge: _invoice_age,
    say.InsideWindow: _inside_window,
    say.NoSuchInvoice: _no_such_invoice,
    say.ChargedTwice: _charged_twice,
    say.NoPaidInvoice: _no_paid_invoice,
    say.NoInvoices: _no_invoices,
    say.OnlyInvoice: _only_invoice,
    say.AllInvoices: _all_invoices,
    say.NothingOwed: _nothing_owed,
    say.WindowEnds: _window_ends,
    say.WhichInvoice: _which_invoice,
}
