"""Thirty days of a small company's support, lived through by the real pipeline under a borrowed clock.

Customers, invoices and payments are laid out first, as a billing system would have; every message then goes
through the turn, every handoff through the operators' services, every mail through the outbox. One seed, one
history.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from agent import turn
from flowops.accounts.models import Account, ApiClient, ApiKeyStatus, Customer, Plan, User
from flowops.billing.models import Invoice, InvoiceStatus, Payment
from flowops.outbox import delivery
from handoffs import services
from handoffs.changes import claim_lease
from handoffs.models import Handoff, HandoffStatus

DAYS = 30
CUSTOMERS = 60
MESSAGES = 360
REST = timedelta(hours=9)  # before the end the operators stop

_FIRST = ("Ana", "Ben", "Chidi", "Dora", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jun", "Kaya", "Liam")
_LAST = ("Abel", "Brandt", "Costa", "Duarte", "Eze", "Fischer", "Greco", "Haas", "Ito", "Jensen")
_PLANS = ((Plan.FREE, 72, "9.00", 25), (Plan.PRO, 24, "49.00", 27), (Plan.ENTERPRISE, 4, "900.00", 8))
_MESSAGES = (
    ("Please refund invoice {invoice}.", 14),
    ("Hi, I would like a refund for {invoice}, we never used it.", 8),
    ("Where is my refund?", 9),
    ("What is your refund policy?", 6),
    ("Why was I charged on {invoice}?", 12),
    ("What is on my last invoice?", 8),
    ("Is my API key still active?", 9),
    ("Which plan am I on?", 6),
    ("Please cancel my subscription.", 5),
    ("Can I talk to a person, please?", 4),
    ("Thanks, that helped!", 8),
    ("The export has been spinning since this morning.", 6),
    ("Cancel my plan and refund {invoice}, please.", 2),
    ("I was charged €312 on inv_77777, what is that?", 2),
    ("Refund please", 6),
)
# In the last hours, newest first; nobody has looked yet: so the newcomer finds a queue with something in it.
_TODAY = (
    "Can I talk to a person, please?",
    "I was charged €312 on inv_77777, what is that?",
    "Urgent: our seats disappeared, can somebody call me?",
    "Please cancel my subscription.",
    "Cancel my plan and refund me, please.",
    "The export has been spinning since this morning.",
    "I want to speak to a human now.",
    "Please cancel my account at the end of the month.",
)
# Refunds that wait for a person's yes: one above the limit, and one that takes two people.
_TO_DECIDE = (
    (timedelta(minutes=35), "cust_203", "Please refund invoice inv_1017."),
    (timedelta(minutes=4), "cust_301", "Please refund invoice inv_1012."),
)
_NOTES = (
    "Called the customer, all settled.",
    "Explained the invoice.",
    "Fixed by engineering.",
    "Granted by mail.",
)


class Moment(NamedTuple):
    at: datetime
    customer_id: str
    message: str


def live_through(client: ApiClient, operators: list[User], *, end: datetime, seed: int) -> Iterator[int]:
    """Make the history that ends now. Yields how many messages there will be, then each one's number."""
    dice = random.Random(seed)  # noqa: S311 - a story, not a secret
    start = end - timedelta(days=DAYS)
    moments = _script(_settle_in(dice, start), dice, start, end)
    yield len(moments)
    for number, moment in enumerate(moments, start=1):
        if moment.at < end - REST:
            _work_the_queue(operators, dice, until=moment.at)
        turn.live(
            client,
            customer_id=moment.customer_id,
            message=moment.message,
            request_id=f"demo-{seed}-{number}",
            now=moment.at,
        )
        delivery.deliver_due(lambda at=moment.at: at)  # type: ignore[misc]
        yield number
    _leave_the_desk(operators, end)


def _settle_in(dice: random.Random, start: datetime) -> list[tuple[Customer, list[Invoice]]]:
    plans = [plan for *plan, weight in _PLANS for _ in range(weight)]
    return [_customer(number, dice.choice(plans), dice, start) for number in range(1, CUSTOMERS + 1)]


def _customer(
    number: int, plan: list[object], dice: random.Random, start: datetime
) -> tuple[Customer, list[Invoice]]:
    name, hours, price = plan
    who = f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"
    customer = Customer.objects.create(
        id=f"cust_d{number:03}", name=who, email=f"d{number:03}@demo.example", created_at=start
    )
    Account.objects.create(
        customer=customer,
        plan=str(name),
        api_key_status=dice.choice(ApiKeyStatus.values),
        sla_hours=int(str(hours)),
    )
    first = start - timedelta(days=dice.randint(1, 29))
    months = (first + timedelta(days=30 * month) for month in range(2))
    end = start + timedelta(days=DAYS)
    return customer, [_invoice(customer, Decimal(str(price)), at, end, dice) for at in months]


def _invoice(customer: Customer, price: Decimal, at: datetime, end: datetime, dice: random.Random) -> Invoice:
    amount = price * dice.choice((1, 1, 1, 2, 3))
    is_paid = dice.random() < 0.9
    invoice = Invoice.objects.create(
        id=f"inv_d{customer.id[-3:]}{at:%m%d}",
        customer=customer,
        amount=amount,
        currency=dice.choice(("EUR", "EUR", "EUR", "USD")),
        status=InvoiceStatus.PAID if is_paid else InvoiceStatus.OPEN,
        issued_at=at,
    )
    if is_paid:
        Payment.objects.create(
            id=f"pay_{invoice.id[4:]}",
            invoice=invoice,
            amount=amount,
            currency=invoice.currency,
            paid_at=min(at + timedelta(hours=dice.randint(1, 48)), end),
        )
    return invoice


def _script(
    cast: list[tuple[Customer, list[Invoice]]], dice: random.Random, start: datetime, end: datetime
) -> list[Moment]:
    texts = [text for text, weight in _MESSAGES for _ in range(weight)]
    seconds = int((end - start).total_seconds())
    moments = []
    for _ in range(MESSAGES):
        at = start + timedelta(seconds=dice.randint(0, seconds))
        customer, invoices = dice.choice(cast)
        known = [invoice for invoice in invoices if invoice.issued_at <= at] or invoices
        text = dice.choice(texts).format(invoice=dice.choice(known).id)
        moments.append(Moment(at, customer.id, text))
    for hours, (customer, _) in enumerate(dice.sample(cast, len(_TODAY))):
        moments.append(Moment(end - timedelta(hours=hours, minutes=20), customer.id, _TODAY[hours]))
    moments += [Moment(end - before, customer, message) for before, customer, message in _TO_DECIDE]
    return sorted(moments)


def _work_the_queue(operators: list[User], dice: random.Random, *, until: datetime) -> None:
    """Operators take what waits, oldest first, and close what they took a while ago; a few things lie."""
    for handoff in Handoff.objects.filter(status=HandoffStatus.PENDING).order_by("created_at")[:3]:
        if dice.random() < 0.6:
            at = handoff.created_at + timedelta(minutes=dice.randint(2, 200))
            if at <= until:
                services.claim_handoff(handoff.id, by=dice.choice(operators), now=at)
    for handoff in Handoff.objects.filter(status=HandoffStatus.CLAIMED).order_by("claimed_at")[:3]:
        at = (handoff.claimed_at or until) + claim_lease() * dice.uniform(0.1, 0.9)
        if at <= until and handoff.claimed_by is not None:
            services.resolve_handoff(handoff.id, by=handoff.claimed_by, notes=dice.choice(_NOTES), now=at)


def _leave_the_desk(operators: list[User], end: datetime) -> None:
    """What the newcomer finds besides what waits: one case in work, one put aside."""
    least_pressing = Handoff.objects.waiting(end).filter(proposals=None).order_by("-sla_due_at", "id")
    person = operators[-1]
    for handoff in least_pressing[:1]:
        services.claim_handoff(handoff.id, by=person, now=end)
    for handoff in least_pressing[:1]:
        services.snooze_handoff(handoff.id, until=end + timedelta(hours=4), by=person, now=end)
