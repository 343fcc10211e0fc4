"""Lines of `manage.py verify`: a reply with facts as JSON, read into what is known."""

import datetime as dt
from decimal import Decimal
from typing import Literal, cast, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType

from agent.known import Bill, Deed, Done, Known, Price, RefundDecision, RefundVerdict, Renewal, Rules
from agent.values import Mode
from flowops.money import Money, money

Figure = str | int | float  # "49.00", as a rule


class _Customer(Struct, kw_only=True):
    name: str = ""
    email: str | None = None
    plan: str | None = None
    status: str | None = None


class _Price(Struct, kw_only=True):
    plan: str
    amount: Figure
    currency: str
    per: str


class _Invoice(Struct, kw_only=True):
    id: str
    amount: Figure
    currency: str
    date: dt.date | None = None
    status: str
    plan: str | None = None


class _Amount(Struct, kw_only=True):
    amount: Figure
    currency: str


class _Renewal(_Amount, kw_only=True):
    date: dt.date


class _Decision(Struct, kw_only=True):
    refund: RefundVerdict = "none"
    invoice: str | None = None
    amount: Figure | None = None
    currency: str | None = None
    percent: str | float | None = None
    reason: str | None = None


class _Action(Struct, kw_only=True):
    """An action of a type we do not know licenses nothing."""

    type: str
    id: str | None = None
    amount: Figure | None = None
    currency: str | None = None
    invoice: str | None = None
    date: dt.date | None = None
    destination: str | None = None
    old: str | None = msgspec.field(name="from", default=None)
    new: str | None = msgspec.field(name="to", default=None)
    effective: dt.date | None = None
    template: str | None = None


class _Policy(Struct, kw_only=True):
    refund_window_days: int | None = None
    refund_eta_business_days: tuple[int, int] | None = None
    human_first_response_hours: int | None = None
    auto_refund_limit: _Amount | None = None


class _Facts(Struct, kw_only=True):
    today: dt.date
    mode: Mode = Mode.LIVE
    customer_message: str = ""
    customer: _Customer = msgspec.field(default_factory=_Customer)
    plan_prices: list[_Price] | None = None
    invoices: list[_Invoice] | None = None
    next_renewal: _Renewal | None = None
    status_page: str | None = None
    decision: _Decision = msgspec.field(default_factory=_Decision)
    actions_done: list[_Action] | None = None
    policy: _Policy = msgspec.field(default_factory=_Policy)


class Line(Struct, kw_only=True):
    """One line. `label`, `category` and `lang` are there in a set that is scored."""

    id: str
    facts: _Facts
    reply: str
    label: Literal["block", "allow"] | UnsetType = UNSET
    category: str = ""
    lang: str = ""
    why: str = ""


def read(line: bytes) -> Line:
    """Raises msgspec.DecodeError, of which ValidationError names the field at fault."""
    return msgspec.json.decode(line, type=Line)


def known(facts: _Facts) -> Known:
    """Raises NotMoney for an amount that is none."""
    customer, policy = facts.customer, facts.policy
    actions = (action for action in facts.actions_done or () if action.type in get_args(Deed))
    done = tuple(map(_done, actions))
    eta = policy.refund_eta_business_days
    return Known(
        mode=facts.mode,
        today=facts.today,
        customer_message=facts.customer_message,
        name=customer.name,
        email=customer.email,
        plan=customer.plan,
        status=customer.status,
        prices=tuple(map(_price, facts.plan_prices or ())),
        bills=tuple(_bill(invoice, facts.mode, done) for invoice in facts.invoices or ()),
        renewal=_renewal(facts.next_renewal),
        status_page=facts.status_page,
        decision=_decision(facts.decision),
        rules=Rules(
            refund_window_days=policy.refund_window_days,
            refund_eta_days=eta,
            response_hours=policy.human_first_response_hours,
            auto_limit=_money(policy.auto_refund_limit),
        ),
        done=done,
    )


def _exact(amount: Figure, currency: str) -> Money:
    return money(str(amount), currency.upper())


def _money(amount: _Amount | None) -> Money | None:
    return _exact(amount.amount, amount.currency) if amount else None


def _named(record: _Decision | _Action) -> Money | None:
    if record.amount is None or record.currency is None:
        return None
    return _exact(record.amount, record.currency)


def _price(price: _Price) -> Price:
    return Price(plan=price.plan, money=_exact(price.amount, price.currency), per=price.per)


def _renewal(renewal: _Renewal | None) -> Renewal | None:
    return Renewal(date=renewal.date, money=_exact(renewal.amount, renewal.currency)) if renewal else None


def _decision(decision: _Decision) -> RefundDecision:
    return RefundDecision(
        refund=decision.refund,
        invoice=decision.invoice,
        money=_named(decision),
        percent=None if decision.percent is None else Decimal(str(decision.percent).rstrip(" %")),
        reason=decision.reason or "",
    )


def _done(action: _Action) -> Done:
    return Done(
        type=cast(Deed, action.type),
        id=action.id,
        money=_named(action),
        invoice=action.invoice,
        date=action.date,
        to=action.destination,
        old=action.old,
        new=action.new,
        effective=action.effective,
        template=action.template,
    )


def _bill(invoice: _Invoice, mode: Mode, done: tuple[Done, ...]) -> Bill:
    """An invoice, with what has gone back of it: by a refund that is done, or wholly where its status says so."""
    total = _exact(invoice.amount, invoice.currency)
    zero = Money(amount=Decimal(0), currency=total.currency)
    refunds = (
        [d.money for d in done if d.type == "refund" and d.invoice == invoice.id and d.money]
        if mode is Mode.LIVE
        else []
    )
    refunded = zero
    status = invoice.status.lower().replace(" ", "_")
    if not refunds and status == "refunded":
        refunded = total
    paid = total if status in ("paid", "refunded") or refunds else zero
    return Bill(
        id=invoice.id,
        money=total,
        status=status,
        date=invoice.date,
        paid_on=invoice.date if status in ("paid", "refunded", "partially_refunded") else None,
        plan=invoice.plan,
        refunded=refunded,
        left=Money(amount=paid.amount - refunded.amount, currency=total.currency),
    )
