"""The one way money moves in our books. Call inside the transaction of the cause.

The database refuses an insert that would take more than was paid; it surfaces as IntegrityError and rolls
the whole cause back.
"""

from datetime import datetime
from typing import Any

from flowops.billing.models import Refund, RefundStatus
from flowops.money import Money


def issue(refund_id: str, *, invoice_id: str, money: Money, by: str, now: datetime) -> None:
    """Record a refund as issued."""
    _insert(refund_id, invoice_id, money, now, status=RefundStatus.ISSUED, decided_at=now, decided_by=by)


def reserve(refund_id: str, *, invoice_id: str, money: Money, now: datetime) -> None:
    """Record a refund that awaits a person; its amount can no longer be refunded otherwise."""
    _insert(refund_id, invoice_id, money, now, status=RefundStatus.PENDING)


def settle(refund_id: str, *, by: str, now: datetime) -> bool:
    """Issue what was reserved. False when it was decided meanwhile."""
    return _decide(refund_id, RefundStatus.ISSUED, by, now)


def deny(refund_id: str, *, by: str, now: datetime) -> bool:
    """Say no to what was reserved. False when it was decided meanwhile."""
    return _decide(refund_id, RefundStatus.DENIED, by, now)


def withdraw(refund_id: str, *, by: str, now: datetime) -> bool:
    """Release a reservation nobody decided on. False when it was decided meanwhile."""
    return _decide(refund_id, RefundStatus.WITHDRAWN, by, now)


def _decide(refund_id: str, status: RefundStatus, by: str, now: datetime) -> bool:
    changed = Refund.objects.filter(id=refund_id, status=RefundStatus.PENDING).update(
        status=status, decided_at=now, decided_by=by
    )
    return changed == 1


def _insert(refund_id: str, invoice_id: str, money: Money, now: datetime, **state: Any) -> None:
    Refund.objects.create(
        id=refund_id,
        invoice_id=invoice_id,
        amount=money.amount,
        currency=money.currency,
        created_at=now,
        **state,
    )
