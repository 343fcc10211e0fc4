"""Read what the rules ask about money: each invoice of a customer with its ledger."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from flowops.billing.models import Invoice
from policy.values import InvoiceFact

_CENT = Decimal("0.01")


def invoices_of(customer_id: str, *, recent_from: datetime) -> tuple[InvoiceFact, ...]:
    """All issued invoices, newest first: of an invoice that was not read, its absence could not be told."""
    rows = Invoice.objects.issued().filter(customer_id=customer_id).with_ledger(since=recent_from)
    return tuple(_invoice_fact(invoice) for invoice in rows.order_by("-issued_at", "-id"))


def _invoice_fact(invoice: Any) -> InvoiceFact:
    """From a row of `InvoiceQuerySet.with_ledger`."""
    return InvoiceFact(
        id=invoice.id,
        status=invoice.status,
        total=invoice.money,
        issued_at=invoice.issued_at,
        paid_at=invoice.paid_at,
        paid=_cents(invoice.paid_total),
        refunded=_cents(invoice.refunded_total),
        pending=_cents(invoice.pending_total),
        refunded_recently=_cents(invoice.refunded_recently),
        was_denied=invoice.was_denied,
    )


def _cents(total: Decimal | None) -> Decimal:
    """A sum over nothing is zero; SQLite sums in floating point and gives digits that are not there."""
    return (total or Decimal(0)).quantize(_CENT)
