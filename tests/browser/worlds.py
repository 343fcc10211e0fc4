"""A day at the desk: people with passwords, and cases as the agent itself has handed them over."""

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from agent import turn
from flowops.accounts.models import ApiClient, User
from handoffs import conversation, services
from handoffs.models import Handoff, SavedReply
from tests import factories

PASSWORD = "a password for tests"
QUEUE = "/admin/handoffs/handoff/"
PROVEN = "Thank you for your message."
UNPROVEN = "You will have your money tomorrow."


@dataclass(frozen=True, kw_only=True)
class World:
    client: ApiClient
    vera: User
    olga: User
    otto: User
    susan: User
    rita: User  # may do anything

    proposed: Handoff  # waits, with a refund of 240 EUR to decide on
    plain: Handoff  # waits, asks for a person
    mine: Handoff  # olga has it, with a refund of 180 EUR to decide on
    for_two: Handoff  # otto has it, and two must approve its refund of 640 EUR
    snoozed: Handoff
    resolved: Handoff

    def escalate(self, customer_id: str, message: str = "Can I talk to a person, please?") -> Handoff:
        return escalate(self.client, customer_id, message)


def make_world() -> World:
    factories.active_policy()
    client, _ = factories.api_client()
    olga, otto = person("olga", "operator"), person("otto", "operator")
    SavedReply.objects.create(name="Thanks", text="Thank you for your message.")
    made = World(
        client=client,
        vera=person("vera", "viewer"),
        olga=olga,
        otto=otto,
        susan=person("susan", "supervisor"),
        rita=person("rita", "supervisor", is_superuser=True),
        proposed=_large_refund(client, "cust_lea", "240.00"),
        plain=escalate(client, _customer("cust_max", "Max Winter")),
        mine=_large_refund(client, "cust_mia", "180.00"),
        for_two=_large_refund(client, "cust_tom", "640.00"),
        snoozed=escalate(client, _customer("cust_sam", "Sam Late")),
        resolved=escalate(client, _customer("cust_rob", "Rob Done")),
    )
    now = timezone.now()
    services.claim_handoff(made.mine.id, by=olga, now=now)
    services.claim_handoff(made.for_two.id, by=otto, now=now)
    services.snooze_handoff(made.snoozed.id, until=now + timedelta(hours=4), by=otto, now=now)
    services.claim_handoff(made.resolved.id, by=otto, now=now)
    conversation.note(made.resolved.id, text="Called him back.", by=otto, now=now)
    conversation.reply(made.resolved.id, text=PROVEN, by=otto, now=now)
    services.resolve_handoff(made.resolved.id, notes="He is content.", category="answered", by=otto, now=now)
    return made


def person(username: str, group: str, **values: Any) -> User:
    made: User = factories.UserFactory.build(username=username, **values)
    made.set_password(PASSWORD)
    made.save()
    made.groups.add(Group.objects.get(name=group))
    return made


def escalate(client: ApiClient, customer_id: str, message: str = "Can I talk to a person, please?") -> Handoff:
    """Let the agent answer a message it gives to people; the case it is on."""
    answer = turn.live(client, customer_id=customer_id, message=message, request_id=None, now=timezone.now())
    return Handoff.objects.get(id=json.loads(answer.body)["handoffId"])


def case(handoff: Handoff) -> str:
    return f"{QUEUE}{handoff.id}/change/"


def _large_refund(client: ApiClient, customer_id: str, amount: str) -> Handoff:
    invoice = f"inv_{customer_id.removeprefix('cust_')}1"
    ago = timezone.now() - timedelta(days=3)
    factories.paid_invoice(customer_id, id=invoice, amount=Decimal(amount), issued_at=ago, paid_at=ago)
    return escalate(client, customer_id, f"Please refund invoice {invoice}.")


def _customer(customer_id: str, name: str) -> str:
    factories.CustomerFactory(id=customer_id, name=name)
    return customer_id
