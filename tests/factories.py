"""Worlds for tests: each factory makes the smallest believable row, and a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
import yaml
from django.conf import settings
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from flowops.accounts.models import Account, ApiClient, Customer, OperatorToken, User
from flowops.billing import ledger
from flowops.billing.models import Invoice, Payment, Refund
from flowops.money import Money
from handoffs import services
from handoffs.models import Handoff, Proposal, Ticket
from policy import versions
from policy.models import PolicyVersion
from policy.values import InvoiceFact

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
STARTING_RULES = settings.BASE_DIR / "fixtures" / "policy" / "starting.yaml"


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = Customer
        skip_postgeneration_save = True

    id = factory.Sequence(lambda n: f"cust_{n}")
    name = "Lea Sommer"
    email = factory.LazyAttribute(lambda customer: f"{customer.id}@example.com")
    created_at = NOW - timedelta(days=400)
    account = factory.RelatedFactory("tests.factories.AccountFactory", factory_related_name="customer")


class AccountFactory(DjangoModelFactory):
    class Meta:
        model = Account

    customer = factory.SubFactory(CustomerFactory, account=None)
    plan = "pro"
    api_key_status = "active"
    sla_hours = 24


class InvoiceFactory(DjangoModelFactory):
    class Meta:
        model = Invoice

    id = factory.Sequence(lambda n: f"inv_some{n}")
    customer = factory.SubFactory(CustomerFactory)
    amount = Decimal("49.00")
    currency = "EUR"
    status = "paid"
    issued_at = NOW - timedelta(days=4)


class PaymentFactory(DjangoModelFactory):
    class Meta:
        model = Payment

    id = factory.Sequence(lambda n: f"pay_{n}")
    invoice = factory.SubFactory(InvoiceFactory)
    amount = factory.SelfAttribute("invoice.amount")
    currency = factory.SelfAttribute("invoice.currency")
    paid_at = NOW - timedelta(days=3)


class RefundFactory(DjangoModelFactory):
    class Meta:
        model = Refund

    id = factory.Sequence(lambda n: f"rfd_{n}")
    invoice = factory.LazyFunction(lambda: PaymentFactory().invoice)
    amount = factory.SelfAttribute("invoice.amount")
    currency = factory.SelfAttribute("invoice.currency")
    status = "issued"
    created_at = NOW
    decided_at = NOW


class TicketFactory(DjangoModelFactory):
    class Meta:
        model = Ticket

    id = factory.Sequence(lambda n: f"tck_some{n}")
    customer_id = factory.Sequence(lambda n: f"cust_t{n}")
    subject = "Refund request"
    created_at = NOW


class HandoffFactory(DjangoModelFactory):
    class Meta:
        model = Handoff

    id = factory.Sequence(lambda n: f"hof_some{n}")
    ticket = factory.SubFactory(TicketFactory)
    customer_id = factory.SelfAttribute("ticket.customer_id")
    reason = "auto_limit"
    priority = "med"
    confidence = 0.95
    claimed_until = factory.LazyAttribute(
        lambda handoff: handoff.claimed_at and handoff.claimed_at + timedelta(minutes=30)
    )
    status = "pending"
    claimed_at = None
    sla_due_at = NOW + timedelta(hours=1)
    created_at = NOW
    updated_at = NOW


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"person{n}")
    is_staff = True


def paid_invoice(customer_id: str = "cust_1", *, paid_at: datetime | None = None, **invoice: Any) -> Invoice:
    """An invoice of this customer, who is made if need be, paid in full three days before NOW."""
    customer = Customer.objects.filter(id=customer_id).first() or CustomerFactory(id=customer_id)
    made: Invoice = InvoiceFactory(customer=customer, **invoice)
    PaymentFactory(invoice=made, paid_at=paid_at or NOW - timedelta(days=3))
    return made


def api_client(name: str = "website") -> tuple[ApiClient, str]:
    """A client and its key."""
    client = ApiClient(name=name)
    key = client.issue_key()
    client.save()
    return client, key


def operator(username: str, group: str) -> tuple[User, str]:
    """A person of this group, and a token of theirs."""
    user = UserFactory(username=username)
    user.groups.add(Group.objects.get(name=group))
    token = OperatorToken(name="test", user=user)
    key = token.issue_key()
    token.save()
    return user, key


def active_policy() -> PolicyVersion:
    """The starting rules, published and active."""
    version = versions.publish(yaml.safe_load(STARTING_RULES.read_text()), by=None, now=NOW)
    versions.activate(version, by=None, now=NOW)
    return version


def invoice_fact(**changes: Any) -> InvoiceFact:
    """A paid 49 EUR invoice as policy sees it."""
    total = changes.pop("total", Money(amount=Decimal("49.00"), currency="EUR"))
    values = {
        "id": "inv_123",
        "status": "paid",
        "total": total,
        "issued_at": NOW - timedelta(days=4),
        "paid_at": NOW - timedelta(days=3),
        "paid": total.amount,
        "refunded": Decimal("0.00"),
        "pending": Decimal("0.00"),
        "refunded_recently": Decimal("0.00"),
        "was_denied": False,
    }
    return InvoiceFact(**(values | changes))


def proposal_content(refund_id: str, invoice_id: str, amount: str, currency: str = "EUR") -> dict[str, Any]:
    """What a person is asked to approve, as the agent freezes it."""
    return {
        "refund_id": refund_id,
        "invoice_id": invoice_id,
        "money": {"amount": amount, "currency": currency},
        "limit": {"amount": "100.00", "currency": currency},
        "rule": "refund.auto_limit",
        "reasons": [f"{amount} {currency} is above the limit of 100.00 {currency}"],
        "policy_version": 1,
    }


def proposed_refund(
    handoff: Handoff, invoice: Invoice, amount: str | None = None, *, refund_id: str = "rfd_p"
) -> Proposal:
    """A refund of this invoice that waits for a person on this handoff, as the agent proposes one."""
    money = Money(amount=Decimal(amount or invoice.amount), currency=invoice.currency)
    ledger.reserve(refund_id, invoice_id=invoice.id, money=money, now=NOW)
    content = proposal_content(refund_id, invoice.id, str(money.amount), money.currency)
    return services.propose(content, handoff_id=handoff.id, now=NOW)
