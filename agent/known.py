"""What may license a reply: facts that a tool read, what was decided, what this very plan does. Nothing else."""

import datetime as dt
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from agent.values import Mode
from flowops.money import Money

RefundVerdict = Literal["none", "approved", "approved_partial", "needs_review", "denied"]
Deed = Literal[
    "ticket_created",
    "handoff_created",
    "email_sent",
    "refund",
    "refund_reserved",
    "password_reset_email_sent",
    "subscription_cancelled",
    "plan_changed",
    "invoice_created",
]


class Bill(Struct, frozen=True, kw_only=True):
    """One invoice. `date` is the day it bears, which is the day it was charged unless `paid_on` says otherwise."""

    id: str
    money: Money
    status: str
    date: dt.date | None = None
    paid_on: dt.date | None = None
    plan: str | None = None
    refunded: Money | None = None
    pending: Money | None = None
    left: Money | None = None
    was_denied: bool = False


class Price(Struct, frozen=True, kw_only=True):
    plan: str
    money: Money
    per: str


class Renewal(Struct, frozen=True, kw_only=True):
    date: dt.date
    money: Money


class RefundDecision(Struct, frozen=True, kw_only=True):
    """`percent` is the share of the invoice; a reason is a short name or a sentence."""

    refund: RefundVerdict = "none"
    invoice: str | None = None
    money: Money | None = None
    percent: Decimal | None = None
    reason: str = ""


class Done(Struct, frozen=True, kw_only=True):
    """One thing that this plan does, and that `apply` makes a row of."""

    type: Deed
    id: str | None = None
    money: Money | None = None
    invoice: str | None = None
    date: dt.date | None = None
    to: str | None = None
    old: str | None = None
    new: str | None = None
    effective: dt.date | None = None
    template: str | None = None


class Rules(Struct, frozen=True, kw_only=True):
    """What policy promises; None where it promises nothing."""

    refund_window_days: int | None = None
    refund_eta_days: tuple[int, int] | None = None
    response_hours: int | None = None
    auto_limit: Money | None = None


class Known(Struct, frozen=True, kw_only=True):
    """`is_complete`: every tool answered, so what is not here does not exist."""

    mode: Mode
    today: dt.date
    customer_message: str = ""
    name: str = ""
    email: str | None = None
    plan: str | None = None
    status: str | None = None
    api_key: str | None = None
    prices: tuple[Price, ...] = ()
    bills: tuple[Bill, ...] = ()
    renewal: Renewal | None = None
    status_page: str | None = None
    decision: RefundDecision = RefundDecision()
    rules: Rules = Rules()
    done: tuple[Done, ...] = ()
    is_complete: bool = True
    asked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        return self.mode is Mode.LIVE

    def bill(self, invoice: str | None) -> Bill | None:
        return next((bill for bill in self.bills if bill.id == invoice), None)

    def deeds(self, *types: Deed) -> tuple[Done, ...]:
        """What this plan does of these types; nothing in shadow."""
        return tuple(done for done in self.done if done.type in types) if self.live else ()
