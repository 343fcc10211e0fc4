"""Facts and rulesets for policy's tests: a message, a few invoices, the starting rules; no database."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import yaml

from flowops.money import Money, money
from policy import ruleset as rulesets
from policy.ruleset import Ruleset
from policy.values import Facts, Intent, InvoiceFact
from tests.factories import NOW, STARTING_RULES, invoice_fact

_STARTING = yaml.safe_load(STARTING_RULES.read_text(encoding="utf-8"))
_AMOUNTS = ("paid", "refunded", "pending", "refunded_recently")


def starting() -> dict[str, Any]:
    """The starting rules as plain data, to be changed at will."""
    return deepcopy(_STARTING)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The starting rules with one place changed or added: `plans.pro.refund_bands.EUR.0.over`."""
    content: Any = starting()
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    inner = content
    for step in way:
        inner = inner[step]
    inner[last] = value
    return content


def ruleset(path: str | None = None, value: Any = None, **parts: Any) -> Ruleset:
    """The starting rules, or what they become with one change, and with whole parts replaced."""
    return rulesets.read((changed(path, value) if path else starting()) | parts)


def eur(amount: str) -> Money:
    return money(amount, "EUR")


def usd(amount: str) -> Money:
    return money(amount, "USD")


def invoice(id: str = "inv_a", total: str = "49.00", currency: str = "EUR", **changes: Any) -> InvoiceFact:
    """A paid invoice; amounts of the ledger may be given as text."""
    exact = {name: Decimal(value) if name in _AMOUNTS else value for name, value in changes.items()}
    return invoice_fact(id=id, total=money(total, currency), **exact)


def message(intent: Intent, *invoices: InvoiceFact, **changes: Any) -> Facts:
    """A pro customer who is understood well, with these invoices."""
    values: dict[str, Any] = {"now": NOW, "confidence": 0.95, "plan": "pro"}
    return Facts(intent=intent, invoices=invoices, **(values | changes))


def refund(*invoices: InvoiceFact, **changes: Any) -> Facts:
    """A refund request of a customer with these invoices; one of 49 EUR unless told."""
    changes.setdefault("asked_amounts", changes.get("named_amounts", ()))
    return message(Intent.REFUND_REQUEST, *(invoices or (invoice(),)), **changes)
