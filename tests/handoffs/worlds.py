"""A case people work on, every act on it by name, and what must hold of the records after any of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import yaml
from django.db import connection
from django.utils import timezone

from flowops.accounts.models import Account, User
from flowops.audit.models import Entry
from flowops.billing import ledger
from flowops.billing.models import Invoice, Payment, Refund
from flowops.money import money
from flowops.outbox.models import Delivery, Event
from handoffs import acts, decisions, services
from handoffs.acts import Caller
from handoffs.decisions import Choice
from handoffs.models import Comment, Handoff, Presence, Proposal, Ticket
from handoffs.refusals import Refused
from handoffs.triggers import FROZEN
from policy import versions
from tests import factories

PROVEN = "Thank you for your message."
UNPROVEN = "You will have your money tomorrow."


@dataclass(frozen=True, kw_only=True)
class Case:
    """Customer cust_1 asks 240 EUR of inv_1 back; the refund rfd_p waits for a person on hof_1."""

    handoff: Handoff
    proposal: Proposal

    @property
    def shown(self) -> Choice:
        return Choice(self.proposal.id, self.proposal.digest)

    @property
    def refund(self) -> Refund:
        return Refund.objects.get(id=self.proposal.refund_id)

    def now(self) -> Handoff:
        return Handoff.objects.get(id=self.handoff.id)


def case(amount: str = "240.00", *, number: int = 1, plan: str = "pro", **invoice: Any) -> Case:
    customer = factories.CustomerFactory(id=f"cust_{number}", account__plan=plan)
    ticket = factories.TicketFactory(id=f"tck_{number}", customer_id=customer.id)
    handoff = factories.HandoffFactory(id=f"hof_{number}", ticket=ticket)
    paid = factories.paid_invoice(customer.id, id=f"inv_{number}", amount=Decimal(amount), **invoice)
    refund_id = "rfd_p" if number == 1 else f"rfd_p{number}"
    return Case(handoff=handoff, proposal=factories.proposed_refund(handoff, paid, refund_id=refund_id))


def moments_ago() -> datetime:
    """What is approved then may be carried out; a claim of then still lasts."""
    return timezone.now() - timedelta(minutes=1)


def asked(name: str, handoff_id: str = "hof_1") -> Mapping[str, Any]:
    """What a person sends for this act, as JSON."""
    proposal = Proposal.objects.filter(handoff=handoff_id).order_by("created_at", "id").first()
    choice = {"proposalId": proposal.id if proposal else "prp_0", "digest": proposal.digest if proposal else "0"}
    return {
        "reassign": {"to": "otto"},
        "snooze": {"minutes": 60},
        "priority": {"priority": "high"},
        "note": {"text": "Call her back."},
        "reply": {"text": PROVEN},
        "approve": choice,
        "deny": choice | {"reason": "Not paid by us."},
        "amend": choice | {"amount": "120.00"},
        "undo": {"proposalId": choice["proposalId"]},
        "resolve": {"resolutionNotes": "Done.", "category": "answered"},
    }.get(name, {})


def perform(name: str, by: User, *, handoff_id: str = "hof_1", **how: Any) -> Handoff:
    """Do what a person asks for by the name of the act, now."""
    act = acts.ACTS[name]
    caller = Caller(by=by, now=how.pop("now", None) or timezone.now(), **how)
    return act.perform(handoff_id, acts.read(act, asked(name, handoff_id)), caller)


STATES = {
    "waiting": (),
    "asleep": ("snooze",),
    "claimed": ("claim",),
    "claimed asleep": ("claim", "snooze"),
    "approved": ("claim", "approve"),
    "resolved": ("claim", "resolve"),
}


def reach(state: str, amount: str = "240.00", *, number: int = 1) -> Case:
    """A case that olga has brought into this state."""
    made = case(amount, number=number)
    for act in STATES[state]:
        perform(act, User.objects.get(username="olga"), handoff_id=made.handoff.id)
    return made


def approved(shown: Case, by: User, *, at: datetime | None = None) -> Case:
    """A claimed case whose refund this person has approved; from a minute ago it may be carried out."""
    decisions.approve(shown.handoff.id, shown.shown, by=by, now=at or moments_ago())
    return shown


def claimed_case(by: User, amount: str = "240.00", **values: Any) -> Case:
    made = case(amount, **values)
    services.claim_handoff(made.handoff.id, by=by, now=moments_ago())
    return made


def everything() -> list[Any]:
    """All that a change of a handoff may touch."""
    tables = (Handoff, Ticket, Invoice, Refund, Proposal, Comment, Presence, Delivery, Entry, Event)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def assert_recorded(handoff_id: str = "hof_1") -> None:
    """The trail has each change of the handoff, in order and once, and so has the outbox."""
    handoff = Handoff.objects.get(id=handoff_id)
    entries = list(Entry.objects.filter(subject=handoff_id, data__has_key="version").order_by("id"))
    assert [entry.data["version"] for entry in entries] == list(range(2, handoff.version + 1))
    names = sorted(entry.action for entry in entries)
    events = Event.objects.filter(payload__id=handoff_id).exclude(name="handoff.opened")
    assert sorted(events.values_list("name", flat=True)) == names


def assert_problem(answer: Any, *statuses: int) -> Any:
    """The answer is a refusal with one of these statuses, in the one shape; what it tells."""
    assert answer.status_code in statuses, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], bool(told["error"]), bool(told["message"])) == (answer.status_code, True, True)
    return told


def new_records(before: int) -> list[tuple[str, str, str]]:
    """(actor, action, subject) of what was recorded since there were so many entries."""
    return list(Entry.objects.order_by("id").values_list("actor", "action", "subject")[before:])


@contextmanager
def meanwhile(statement: str, act: Callable[[], object]) -> Iterator[None]:
    """Somebody else acts in the very moment before the first statement that begins so."""
    met: list[str] = []

    def before(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.startswith(statement) and not met:
            met.append(sql)
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(before):
        yield
    assert met, f"no statement began with {statement}"


def tamper(proposal: Proposal, **changes: Any) -> None:
    """Write into a proposal what its trigger would refuse, as somebody with the database's password could."""
    with connection.cursor() as cursor:
        table = " ON handoffs_proposal" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER {FROZEN}{table}")
    Proposal.objects.filter(id=proposal.id).update(**changes)


def refused(words: str, act: Any, *args: Any, **how: Any) -> None:
    """The act is refused in these words, and nothing changes."""
    before = everything()
    with pytest.raises(Refused) as refusal:
        act(*args, **how)
    assert refusal.value.detail == words
    assert refusal.value.extra["version"] == Handoff.objects.get(id=args[0]).version
    assert everything() == before


def activate(**changes: Any) -> None:
    """Another policy from now on."""
    content = yaml.safe_load(factories.STARTING_RULES.read_text()) | changes
    now = timezone.now()
    versions.activate(versions.publish(content, by=None, now=now), by=None, now=now)


def pro(**rules: Any) -> dict[str, Any]:
    """All plans, with these rules of the pro one changed."""
    plans: dict[str, Any] = yaml.safe_load(factories.STARTING_RULES.read_text())["plans"]
    return plans | {"pro": plans["pro"] | rules}


TAMPERINGS = {
    "the amount": lambda content: content | {"money": {"amount": "24000.00", "currency": "EUR"}},
    "the invoice": lambda content: content | {"invoice_id": "inv_2"},
    "the reasons": lambda content: content | {"reasons": ["all is well"]},
}


# What may happen between showing a proposal, saying yes to it and carrying it out.


def void() -> None:
    Invoice.objects.update(status="void")


def refunded_elsewhere() -> None:
    """In the billing system by hand: the reservation is withdrawn, and the money is gone."""
    ledger.withdraw("rfd_p", by="admin", now=timezone.now())
    ledger.issue("rfd_x", invoice_id="inv_1", money=money("240.00", "EUR"), by="admin", now=timezone.now())


def stricter_bands() -> None:
    activate(plans=pro(refund_bands={"EUR": [{"over": "0", "then": "deny"}]}))


def shorter_window() -> None:
    activate(plans=pro(refund_window_days=1))


def account_gone() -> None:
    Account.objects.all().delete()


def payment_gone() -> None:
    Payment.objects.all().delete()


POLICY = "Policy no longer allows it: "
NO_LONGER = {
    "the invoice is void": (void, "inv_1 is void", POLICY),
    "policy denies such amounts": (stricter_bands, "€240.00 is above what the pro plan refunds", POLICY),
    "policy has a shorter window": (shorter_window, "inv_1 was paid more than 1 days ago", POLICY),
    "the account is gone": (account_gone, "no customer has this id", POLICY),
    "no payment is recorded": (payment_gone, "no payment of inv_1 is recorded", POLICY),
    "it was refunded elsewhere": (refunded_elsewhere, "The proposed refund is already withdrawn", ""),
}
