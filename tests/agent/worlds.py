"""What the pure stages are tested with: evidence and grounds in memory, no database."""

from decimal import Decimal
from typing import Any

import msgspec
import yaml

from agent.values import AccountFact, Effect, Evidence, Grounds, Message, Mode
from flowops.money import Money, money
from policy import ruleset as rulesets
from policy.values import Decision, InvoiceFact, Outcome
from tests.factories import NOW, STARTING_RULES, invoice_fact

RULES = rulesets.read(yaml.safe_load(STARTING_RULES.read_text()))
EUR49 = money("49.00", "EUR")


def account(**changes: Any) -> AccountFact:
    values = {
        "name": "Lea Sommer",
        "email": "lea@example.com",
        "plan": "pro",
        "api_key_status": "expired",
        "sla_hours": 24,
    }
    return AccountFact(**(values | changes))


def evidence(*invoices: InvoiceFact, **changes: Any) -> Evidence:
    """A pro customer with a paid 49 EUR invoice, unless told otherwise."""
    values: dict[str, Any] = {"turn": 0, "account": account(), "invoices": invoices or (invoice_fact(),)}
    return Evidence(**(values | changes))


def decision(outcome: Outcome = Outcome.ANSWER, rule: str = "answer.billing", **changes: Any) -> Decision:
    values: dict[str, Any] = {
        "outcome": outcome,
        "rule": rule,
        "reasons": (),
        "action": None,
        "invoices": ("inv_123",),
        "trace": (),
        "policy_version": 1,
    }
    return Decision(**(values | changes))


def grounds(*effects: Effect, **changes: Any) -> Grounds:
    values: dict[str, Any] = {
        "mode": Mode.LIVE,
        "today": NOW.date(),
        "customer_message": "",
        "evidence": evidence(),
        "decision": decision(),
        "effects": effects,
        "refund_window_days": 30,
    }
    return Grounds(**(values | changes))


def message(text: str, *, mode: Mode = Mode.LIVE, customer_id: str = "cust_123") -> Message:
    interaction_id = "int_1" if mode is Mode.LIVE else None
    return Message(customer_id=customer_id, text=text, mode=mode, interaction_id=interaction_id, now=NOW)


def with_ledger(refunded: str = "0.00", pending: str = "0.00", **changes: Any) -> InvoiceFact:
    base = invoice_fact(**changes)
    return msgspec.structs.replace(base, refunded=Decimal(refunded), pending=Decimal(pending))


def eur(amount: str) -> Money:
    return money(amount, "EUR")
