"""The one way money moves in our books. Call inside the transaction of the cause.

The database refuses an insert that would take more than was paid; it surfaces as IntegrityError and rolls
the whole cause back.
"""

from datetime import datetime

from flowops.billing.models import Refund, RefundStatus
from flowops.money import Money


def issue(refund_id: str, *, invoice_id: str, money: Money, by: str, now: datetime) -> Refund:
    """Record a refund as issued."""
    return Refund.objects.create(
        id=refund_id,
        invoice_id=invoice_id,
        amount=money.amount,
        currency=money.currency,
        status=RefundStatus.ISSUED,
        created_at=now,
        decided_at=now,
        decided_by=by,
    )


def reserve(refund_id: str, *, invoice_id: str, money: Money, now: datetime) -> Refund:
    """Record a refund that awaits a person; its amount can no longer be refunded otherwise."""
    return Refund.objects.create(
        id=refund_id,
        invoice_id=invoice_id,
        amount=money.amount,
        currency=money.currency,
        status=RefundStatus.PENDING,
        created_at=now,
    )


def deny(refund_id: str, *, by: str, now: datetime) -> bool:
    """Release a reservation. False when it was already decided."""
    changed = Refund.objects.filter(id=refund_id, status=RefundStatus.PENDING).update(
        status=RefundStatus.DENIED, decided_at=now, decided_by=by
    )
    return changed == 1
