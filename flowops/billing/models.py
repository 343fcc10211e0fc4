from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from flowops.accounts.models import Customer
from flowops.money import CURRENCIES, Money, NotMoney, money


def _amount() -> "models.DecimalField[Decimal | str | int, Decimal]":
    return models.DecimalField(max_digits=12, decimal_places=2)


def _currency() -> "models.CharField[str, str]":
    return models.CharField(max_length=3, choices=[(code, code) for code in CURRENCIES])


class InvoiceStatus(models.TextChoices):
    """As billing systems commonly name them: a `void` or `uncollectible` invoice is closed without payment."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class RefundStatus(models.TextChoices):
    """A pending refund reserves its amount until a person decides; the others are final.

    Denied: a person said no. Withdrawn: the case was closed with neither yes nor no; it may be asked again.
    """

    PENDING = "pending"
    ISSUED = "issued"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"


TAKING = (RefundStatus.PENDING, RefundStatus.ISSUED)


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def issued(self) -> "InvoiceQuerySet":
        """Without drafts, which the customer has never seen."""
        return self.exclude(status=InvoiceStatus.DRAFT)

    def with_ledger(self, *, since: datetime) -> "InvoiceQuerySet":
        """Each invoice with what was paid, refunded, is pending, and was refunded from `since` on."""
        refunds, payments = Refund.objects, Payment.objects
        issued = refunds.filter(status=RefundStatus.ISSUED)
        newest_payment = payments.filter(invoice=models.OuterRef("pk")).order_by("-paid_at")
        return self.annotate(
            paid_total=_sum_of(payments.all()),
            refunded_total=_sum_of(issued),
            pending_total=_sum_of(refunds.filter(status=RefundStatus.PENDING)),
            refunded_recently=_sum_of(issued.filter(decided_at__gte=since)),
            was_denied=models.Exists(refunds.filter(invoice=models.OuterRef("pk"), status=RefundStatus.DENIED)),
            paid_at=models.Subquery(newest_payment.values("paid_at")[:1]),
        )


class Invoice(models.Model):
    id = models.CharField(primary_key=True, max_length=128)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="invoices")
    amount = _amount()
    currency = _currency()
    status = models.CharField(max_length=20, choices=InvoiceStatus, default=InvoiceStatus.OPEN)
    description = models.CharField(max_length=200, blank=True)
    issued_at = models.DateTimeField(default=timezone.now)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="invoice_amount_not_negative"),
            models.CheckConstraint(
                condition=models.Q(status__in=InvoiceStatus.values), name="invoice_status_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(currency__in=list(CURRENCIES)), name="invoice_currency_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.money}"

    @property
    def money(self) -> Money:
        return Money(amount=self.amount, currency=self.currency)

    def clean(self) -> None:
        _refuse_over_precise(self.amount, self.currency)
        if self.payments.exclude(currency=self.currency).exists():
            raise ValidationError({"currency": "Payments were made in another currency."})


class _Movement(models.Model):
    """Money that moved, or may: always in the currency of its invoice (a trigger holds that)."""

    id = models.CharField(primary_key=True, max_length=128)
    amount = _amount()
    currency = _currency()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.id}: {self.money}"

    @property
    def money(self) -> Money:
        return Money(amount=self.amount, currency=self.currency)


class Payment(_Movement):
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments")
    paid_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_amount_is_positive"),
        ]

    def clean(self) -> None:
        """The ledger's triggers would refuse the same; here a person is told."""
        _refuse_over_precise(self.amount, self.currency)
        if not self.amount or not self.invoice_id:
            return  # the fields' own errors are told already
        if self.currency != self.invoice.currency:
            raise ValidationError({"currency": f"The invoice is in {self.invoice.currency}."})
        others = _total(self.invoice.payments.exclude(pk=self.pk))
        taken = _total(self.invoice.refunds.filter(status__in=TAKING))
        if others + self.amount < taken:
            raise ValidationError({"amount": f"{taken} of the invoice is refunded or waits to be."})


class Refund(_Movement):
    """One row of the ledger. Its id is derived from the interaction that caused it: twice is impossible."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="refunds")
    status = models.CharField(max_length=20, choices=RefundStatus)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_amount_is_positive"),
            models.CheckConstraint(
                condition=models.Q(status__in=RefundStatus.values), name="refund_status_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status=RefundStatus.PENDING, decided_at=None)
                | (~models.Q(status=RefundStatus.PENDING) & models.Q(decided_at__isnull=False)),
                name="decided_refund_has_its_time",
            ),
        ]


def _sum_of(rows: models.QuerySet[Payment] | models.QuerySet[Refund]) -> models.Subquery:
    of_this_invoice = rows.filter(invoice=models.OuterRef("pk")).order_by()
    total = of_this_invoice.values("invoice").annotate(total=models.Sum("amount")).values("total")
    return models.Subquery(total, output_field=_amount())


def _total(rows: models.QuerySet[Payment] | models.QuerySet[Refund]) -> Decimal:
    return rows.aggregate(total=models.Sum("amount"))["total"] or Decimal(0)


def _refuse_over_precise(amount: Decimal | None, currency: str) -> None:
    if amount is None or not currency:
        return  # the fields' own errors are told already
    try:
        money(amount, currency)
    except NotMoney as error:
        raise ValidationError({"amount": str(error)}) from error
