"""M1, M2: the database keeps refunds within payments, and in their currency, whatever writes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management.sql import emit_pre_migrate_signal
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_migrate

from flowops.billing import ledger, triggers
from flowops.billing.models import Invoice, Payment, Refund
from flowops.money import money
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_a_refund_of_all_that_was_paid_is_taken():
    invoice = factories.paid_invoice()
    ledger.issue("rfd_a", invoice_id=invoice.id, money=money("49.00", "EUR"), by="agent", now=NOW)
    stored = Invoice.objects.with_ledger(since=NOW - timedelta(days=30)).get()
    assert (stored.paid_total, stored.refunded_total, stored.pending_total) == (
        Decimal("49.00"),
        Decimal("49.00"),
        None,
    )


@pytest.mark.parametrize("status", ["issued", "pending"])
def test_one_cent_more_than_was_paid_is_refused(status):
    invoice = factories.paid_invoice()
    factories.RefundFactory(invoice=invoice, amount=Decimal("20.00"), status="pending", decided_at=None)
    with pytest.raises(IntegrityError, match=triggers.EXCEEDED), transaction.atomic():
        factories.RefundFactory(
            invoice=invoice,
            amount=Decimal("29.01"),
            status=status,
            decided_at=NOW if status == "issued" else None,
        )
    assert Refund.objects.count() == 1


def test_thirty_cents_are_thirty_cents():
    """0.10 + 0.20 > 0.30 in floating point; in the ledger it is not."""
    invoice = factories.paid_invoice(amount=Decimal("0.30"))
    factories.RefundFactory(invoice=invoice, amount=Decimal("0.10"))
    factories.RefundFactory(invoice=invoice, amount=Decimal("0.20"))
    assert Refund.objects.count() == 2


def test_a_denied_refund_takes_nothing():
    invoice = factories.paid_invoice()
    factories.RefundFactory(invoice=invoice, status="denied")
    factories.RefundFactory(invoice=invoice, status="issued")
    assert Refund.objects.count() == 2


SETTLED = {
    "a denial becomes a refund": ("denied", {"status": "issued"}),
    "a refund becomes a denial": ("issued", {"status": "denied"}),
    "a refund shrinks": ("issued", {"amount": Decimal("1.00")}),
    "a withdrawal waits again": ("withdrawn", {"status": "pending", "decided_at": None}),
}


@pytest.mark.parametrize(("status", "change"), SETTLED.values(), ids=SETTLED)
def test_what_was_decided_stays_decided(status, change):
    refund = factories.RefundFactory(status=status)
    with pytest.raises(IntegrityError, match=triggers.SETTLED), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(**change)


def test_the_amount_that_awaits_a_person_is_the_one_that_was_shown():
    refund = factories.RefundFactory(status="pending", decided_at=None)
    with pytest.raises(IntegrityError, match=triggers.SETTLED), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(amount=Decimal("1.00"))
    Refund.objects.filter(pk=refund.pk).update(status="denied", decided_at=NOW)


def test_an_unpaid_invoice_has_nothing_to_refund():
    with pytest.raises(IntegrityError, match=triggers.EXCEEDED), transaction.atomic():
        factories.RefundFactory(invoice=factories.InvoiceFactory())


def test_a_payment_whose_refund_was_issued_cannot_shrink():
    factories.RefundFactory(invoice=factories.paid_invoice())
    with pytest.raises(IntegrityError, match=triggers.EXCEEDED), transaction.atomic():
        Payment.objects.update(amount=Decimal("48.99"))


def test_a_refund_in_another_currency_is_refused():
    invoice = factories.paid_invoice()
    with pytest.raises(IntegrityError, match=triggers.FOREIGN), transaction.atomic():
        factories.RefundFactory(invoice=invoice, currency="USD")


def test_a_payment_in_another_currency_is_refused():
    with pytest.raises(IntegrityError, match=triggers.FOREIGN), transaction.atomic():
        factories.PaymentFactory(currency="USD")


def test_without_the_triggers_too_much_could_be_refunded():
    """The guard itself: what the tests above rest on is the triggers and nothing else."""
    invoice = factories.paid_invoice()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER billing_refund_ledger ON billing_refund")
        else:
            cursor.execute("DROP TRIGGER billing_refund_ledger_insert")
    factories.RefundFactory(invoice=invoice)
    factories.RefundFactory(invoice=invoice)
    assert Refund.objects.count() == 2
    triggers.TRIGGERS.install("default")


@pytest.mark.django_db(transaction=True)
def test_the_triggers_survive_a_migration_that_alters_their_table():
    """SQLite rebuilds a table to alter it, and its triggers with it are lost."""
    field = Refund._meta.get_field("decided_by")
    longer = type(field)(max_length=151, blank=True)
    longer.set_attributes_from_name("decided_by")
    longer.model = Refund
    billing = apps.get_app_config("billing")
    emit_pre_migrate_signal(0, False, "default")
    with connection.schema_editor() as editor:
        editor.alter_field(Refund, field, longer)
        editor.alter_field(Refund, longer, field)
    post_migrate.send(sender=billing, app_config=billing, verbosity=0, interactive=False, using="default")
    invoice = factories.paid_invoice()
    factories.RefundFactory(invoice=invoice)
    with pytest.raises(IntegrityError, match=triggers.EXCEEDED), transaction.atomic():
        factories.RefundFactory(invoice=invoice)


def test_a_payment_does_not_move_to_another_invoice():
    """Else the refund of the first would have nothing left that was paid for it."""
    refund = factories.RefundFactory()
    other = factories.InvoiceFactory()
    with pytest.raises(IntegrityError, match=triggers.MOVED), transaction.atomic():
        Payment.objects.filter(invoice=refund.invoice).update(invoice=other)


def test_an_invoice_keeps_the_currency_it_was_paid_in():
    invoice = factories.paid_invoice()
    with pytest.raises(IntegrityError, match=triggers.FOREIGN), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(currency="USD")


def test_a_form_is_told_in_words_what_the_ledger_would_refuse():
    refund = factories.RefundFactory()
    payment = refund.invoice.payments.get()
    payment.currency = "USD"
    with pytest.raises(ValidationError, match="The invoice is in EUR"):
        payment.clean()
    payment.currency, payment.amount = "EUR", Decimal("48.99")
    with pytest.raises(ValidationError, match="is refunded"):
        payment.clean()
    payment.amount = Decimal("49.001")
    with pytest.raises(ValidationError, match="more decimals"):
        payment.clean()
    refund.invoice.currency = "USD"
    with pytest.raises(ValidationError, match="another currency"):
        refund.invoice.clean()


def test_an_invoice_that_is_no_longer_paid_is_not_refunded():
    """It was voided between the plan and its effects."""
    invoice = factories.paid_invoice(status="void")
    with pytest.raises(IntegrityError, match=triggers.UNPAID), transaction.atomic():
        factories.RefundFactory(invoice=invoice)


def test_what_was_reserved_is_not_issued_once_the_invoice_is_no_longer_paid_but_may_be_withdrawn():
    refund = factories.RefundFactory(status="pending", decided_at=None)
    Invoice.objects.update(status="void")
    with pytest.raises(IntegrityError, match=triggers.UNPAID), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(status="issued", decided_at=NOW)
    assert Refund.objects.filter(pk=refund.pk).update(status="withdrawn", decided_at=NOW) == 1


def test_a_paid_invoice_does_not_move_to_another_customer():
    invoice = factories.paid_invoice()
    other = factories.CustomerFactory()
    with pytest.raises(IntegrityError, match=triggers.OWNED), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(customer=other)
