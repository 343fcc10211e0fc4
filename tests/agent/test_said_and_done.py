"""T2 on every path, the failing ones too: what the customer reads equals the rows that exist, both ways round."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from agent import languages, parse, turn
from agent import statements as say
from agent.gather import LocalTools, ToolFailed
from agent.models import Interaction
from flowops.billing import ledger
from flowops.billing.models import Invoice, Refund
from flowops.outbox.models import Delivery, Event
from flowops.outbox.publish import queue_mail
from handoffs.models import Handoff, Ticket
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("policy")]


class AccountDown(LocalTools):
    def account(self, customer_id: str) -> Any:
        raise ToolFailed


class BillingDown(LocalTools):
    def invoices(self, customer_id: str, *, recent_from: Any) -> Any:
        raise ToolFailed


def breaks(grounds: Any) -> str:
    raise RuntimeError("a drafter that falls over")


def lies(grounds: Any) -> str:
    return "We have refunded €480.00 for invoice inv_1."


def claims_a_mail(grounds: Any) -> str:
    return "We have sent an e-mail to lea@sommer.example."


def rambles(grounds: Any) -> str:
    return "Wonders never cease."


def once(act: Callable[[], object]) -> Callable[[str], None]:
    """Do it when the first plan is made and not yet applied."""
    done: list[object] = []
    return lambda phase: None if done or phase != "planned" else done.append(act())


def refunded_elsewhere() -> None:
    ledger.issue(
        "rfd_else", invoice_id="inv_1", money=Refund(amount=Decimal(49), currency="EUR").money, by="x", now=NOW
    )


class Path(NamedTuple):
    """`rows`: how many refunds issued, refunds pending, handoffs and mails there are afterwards."""

    rows: tuple[int, int, int, int]
    text: str = "refund inv_1"
    ports: Callable[[], turn.Ports] = turn.Ports
    amount: str = "49.00"
    email: str = "lea@sommer.example"
    status: str = "paid"
    is_known: bool = True


PATHS = {
    "within limits": Path((1, 0, 0, 1)),
    "above the limit": Path((0, 1, 1, 1), amount="240.00"),
    "denied": Path((0, 0, 0, 1), status="void"),
    "answered": Path((0, 0, 0, 1), text="why was I charged for inv_1?"),
    "asks for a person": Path((0, 0, 1, 1), text="let me talk to a human"),
    "in German": Path((0, 0, 0, 1), text="Ich verstehe die Rechnung inv_1 nicht, was ist das?"),
    "no address, no mail": Path((1, 0, 0, 0), email=""),
    "unknown customer": Path((0, 0, 1, 0), is_known=False),
    "account tool down": Path((0, 0, 1, 0), ports=lambda: turn.Ports(tools=AccountDown())),
    "billing tool down": Path((0, 0, 1, 1), ports=lambda: turn.Ports(tools=BillingDown())),
    "draft lies": Path((0, 0, 1, 1), ports=lambda: turn.Ports(drafter=lies)),
    "draft claims a mail": Path((0, 0, 1, 1), ports=lambda: turn.Ports(drafter=claims_a_mail)),
    "draft rambles": Path((1, 0, 0, 1), ports=lambda: turn.Ports(drafter=rambles)),
    "drafter breaks": Path((0, 0, 1, 1), ports=lambda: turn.Ports(drafter=breaks)),
    "refunded elsewhere meanwhile": Path(
        (1, 0, 0, 1), ports=lambda: turn.Ports(between_phases=once(refunded_elsewhere))
    ),
    "voided meanwhile": Path(
        (0, 0, 0, 1), ports=lambda: turn.Ports(between_phases=once(lambda: Invoice.objects.update(status="void")))
    ),
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_what_is_said_is_what_there_is(path):
    _world(path)
    answer = _take_turn(path, turn.live)
    assert (_issued().count(), _pending().count(), Handoff.objects.count(), Delivery.objects.count()) == path.rows
    said = _said(answer["reply"], path.text)
    refunds = {(one.invoice, one.money) for one in said if isinstance(one, say.RefundIssued | say.AlreadyRefunded)}
    assert refunds == {(refund.invoice_id, refund.money) for refund in _issued()}
    waiting = {(one.invoice, one.money) for one in said if isinstance(one, say.RefundAwaitsPerson)}
    assert waiting == {(refund.invoice_id, refund.money) for refund in _pending()}
    assert any(isinstance(one, say.PassedToPerson) for one in said) == Handoff.objects.exists()
    assert {one.ticket for one in said if isinstance(one, say.TicketIs)} == set(
        Ticket.objects.values_list("id", flat=True)
    )
    assert not any(isinstance(one, say.EmailSent) for one in said)
    assert all(mail.body == answer["reply"] for mail in Delivery.objects.all())


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_shadow_says_of_nothing_that_it_is_done(path):
    _world(path)
    answer = _take_turn(path, turn.shadow)
    done = say.RefundIssued | say.RefundAwaitsPerson | say.PassedToPerson | say.TicketIs | say.EmailSent
    assert not [one for one in _said(answer["reply"], path.text) if isinstance(one, done)]
    rows = (Handoff.objects.count(), Ticket.objects.count(), Delivery.objects.count(), Interaction.objects.count())
    assert rows == (0, 0, 0, 0)


REFUSED = {
    "the ticket cannot be made": lambda key: factories.TicketFactory(id=f"tck_{key}", customer_id="cust_2"),
    "the mail cannot be queued": lambda key: queue_mail(
        f"eml_{key}", event_id=Event.objects.all()[0].id, recipient="x@y.example", subject="-", body="-", now=NOW
    ),
    "the ledger refuses": lambda key: factories.RefundFactory(
        id=f"rfd_{key}", invoice=factories.paid_invoice("cust_2")
    ),
}


@pytest.mark.parametrize("refuse", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_applied_is_said_to_nobody(refuse, monkeypatch):
    """Whenever the plan is applied the database refuses a part of it: all is undone, and there is no answer."""
    monkeypatch.setattr(turn, "REPLANS", 2)
    _world(Path((0, 0, 0, 0)))
    before: dict[str, int] = {}

    def get_in_the_way(phase: str) -> None:
        if phase == "gathered" and not before:
            refuse(Interaction.objects.get().id.partition("_")[2])
            before.update(_rows())

    with pytest.raises(turn.Unavailable):
        _take_turn(Path((0, 0, 0, 0), ports=lambda: turn.Ports(between_phases=get_in_the_way)), turn.live)
    assert _rows() == before
    assert Interaction.objects.get().reply_text == ""


def _world(path: Path) -> None:
    if path.is_known:
        customer = factories.CustomerFactory(id="cust_1", email=path.email)
        factories.paid_invoice(customer.id, id="inv_1", amount=path.amount, status=path.status)


def _take_turn(path: Path, handle: Callable[..., turn.Answer]) -> dict[str, Any]:
    client, _ = factories.api_client()
    answer = handle(client, customer_id="cust_1", message=path.text, request_id=None, now=NOW, ports=path.ports())
    return dict(json.loads(answer.body))


def _rows() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Ticket, Refund, Handoff, Delivery)}


def _issued() -> Any:
    return Refund.objects.filter(status="issued")


def _pending() -> Any:
    return Refund.objects.filter(status="pending")


def _said(reply: str, message: str) -> list[say.Statement]:
    """The statements of a reply of ours to the message, each sentence of which must be read."""
    language = languages.sure(message) or languages.ENGLISH
    sentences = parse.reply(reply, language, [("plan", "pro")])
    assert all(sentence.readings for sentence in sentences), reply
    return [claim.statement for sentence in sentences for claim in sentence.readings[0]]
