"""The demo's data: complete, young on every day it is loaded, and loadable again."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core import serializers
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.utils import timezone

from flowops import canonical
from flowops.accounts.models import Account, ApiKeyStatus, Customer, Plan
from flowops.billing.models import Invoice, InvoiceStatus, Payment
from policy import versions
from policy.models import PolicyVersion


@pytest.fixture
def demo(db):
    call_command("loaddata", "demo", verbosity=0)


@pytest.mark.usefixtures("demo")
def test_the_demo_customer_has_a_paid_invoice_inside_the_refund_window():
    account = Account.objects.get(customer="cust_123")
    assert (account.plan, account.api_key_status) == (Plan.PRO, ApiKeyStatus.EXPIRED)
    invoice = Invoice.objects.with_ledger(since=timezone.now() - timedelta(days=30)).get(id="inv_123")
    assert (invoice.customer_id, invoice.status, str(invoice.money)) == ("cust_123", "paid", "€49.00")
    assert (invoice.paid_total, invoice.refunded_total) == (Decimal("49.00"), None)
    assert timezone.now() - timedelta(days=30) < invoice.issued_at < invoice.paid_at < timezone.now()


@pytest.mark.usefixtures("demo")
def test_the_demo_shows_every_kind_of_customer_and_invoice():
    assert set(Account.objects.values_list("plan", flat=True)) == set(Plan.values)
    assert set(Account.objects.values_list("api_key_status", flat=True)) == set(ApiKeyStatus.values)
    assert set(Invoice.objects.values_list("status", flat=True)) == set(InvoiceStatus.values)
    assert len(set(Invoice.objects.values_list("currency", flat=True))) >= 2


@pytest.mark.usefixtures("demo")
def test_no_demo_customer_is_without_an_account_and_no_paid_invoice_without_its_payment():
    assert not Customer.objects.filter(account=None).exists()
    unpaid = Invoice.objects.filter(payments=None).values_list("status", flat=True)
    assert InvoiceStatus.PAID not in unpaid
    for payment in Payment.objects.select_related("invoice"):
        assert payment.money == payment.invoice.money


@pytest.mark.usefixtures("demo")
def test_the_demo_policy_is_active_and_what_was_published():
    version = PolicyVersion.objects.get(is_active=True)
    assert version.checksum == canonical.digest(version.content)
    assert versions.active().ruleset == version.ruleset


@pytest.mark.usefixtures("demo")
def test_loading_the_demo_again_adds_nothing():
    models = (Customer, Account, Invoice, Payment, PolicyVersion)
    before = [model.objects.count() for model in models]
    call_command("loaddata", "demo", verbosity=0)
    assert [model.objects.count() for model in models] == before


def _loaded(text: str) -> list[object]:
    return [entry.object for entry in serializers.deserialize("yaml", text)]


def _customer(created_at: str) -> str:
    return f"- model: accounts.customer\n  pk: c\n  fields: {{name: x, created_at: {created_at}}}"


AGO = {
    "minutes": ("!ago 90 minutes", timedelta(minutes=90)),
    "hours": ("!ago 36 hours", timedelta(hours=36)),
    "days": ("!ago 3 days", timedelta(days=3)),
    "none": ("!ago 0 days", timedelta(0)),
}


@pytest.mark.parametrize(("words", "span"), AGO.values(), ids=AGO)
def test_ago_is_that_long_before_the_loading(words, span):
    before = timezone.now()
    (customer,) = _loaded(_customer(words))
    assert isinstance(customer, Customer)
    assert isinstance(customer.created_at, datetime)
    assert before - span <= customer.created_at <= timezone.now() - span


NOT_AGO = ["3 weeks", "3 day", "three days", "-3 days", "3.5 days", "days", "3days", "3 days ago", "''"]


@pytest.mark.parametrize("words", NOT_AGO)
def test_another_wording_of_ago_is_refused_with_the_right_one(words):
    with pytest.raises(DeserializationError, match=r"!ago takes '<number> minutes\|hours\|days', not"):
        _loaded(_customer(f"!ago {words}"))


UNLOADABLE = {
    "not YAML": "- [",
    "an unknown word": _customer("!yesterday"),
    "a word that would run code": _customer("!!python/object/apply:os.getcwd []"),
    "a file that is not there": _customer("!file policy/nowhere.yaml"),
    "an unknown model": "- {model: accounts.nobody, pk: 1, fields: {}}",
}


@pytest.mark.parametrize("text", UNLOADABLE.values(), ids=UNLOADABLE)
def test_what_cannot_be_loaded_is_refused_as_such(text):
    with pytest.raises(DeserializationError):
        _loaded(text)


def test_an_empty_fixture_has_nothing():
    assert _loaded("") == []


@pytest.mark.django_db
def test_a_dump_is_a_fixture_again():
    written = serializers.serialize("yaml", [Customer(id="c", name="Zoë", created_at=timezone.now())])
    (customer,) = _loaded(written)
    assert (customer.id, customer.name) == ("c", "Zoë")


def test_a_time_before_all_time_is_refused():
    with pytest.raises(DeserializationError, match="before time began"):
        list(serializers.deserialize("yaml", "- !ago 9999999 days"))
