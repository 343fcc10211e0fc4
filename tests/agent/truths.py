"""Random customers with all that is known of them, what is true of each, and lies one slot away from it."""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from agent import statements as say
from agent.known import Bill, Done, Known, Price, RefundDecision, Renewal, Rules
from agent.statements import Statement
from agent.values import Mode
from flowops.money import CURRENCIES, Money

PLANS = ("Basic", "Pro", "Team Plus", "Business", "Studio Annual", "Solo")
SITUATIONS = ("done", "idle", "review", "shadow approved", "shadow review", "asks", "empty")


def known(rng: random.Random, situation: str) -> Known:
    """A customer in one of the situations; every amount, id and day of them is another one."""
    today = date(2026, 1, 1) + timedelta(rng.randrange(700))
    currency = rng.choice(sorted(CURRENCIES))
    amounts = _amounts(rng, currency)
    plans = rng.sample(PLANS, 3)
    bills = _bills(rng, today, amounts, plans[0], situation)
    return Known(
        mode=Mode.SHADOW if situation.startswith("shadow") else Mode.LIVE,
        today=today,
        customer_message=f"About {_id(rng, 'inv')}: I was charged twice, she said.",
        name="Lea Sommer",
        email="lea@sommer.example",
        plan=plans[0],
        status="active",
        api_key=rng.choice(("active", "expired", "revoked", "none")),
        prices=tuple(Price(plan=plan, money=next(amounts), per=rng.choice(("month", "year"))) for plan in plans),
        bills=bills,
        renewal=Renewal(date=today + timedelta(rng.randrange(1, 300)), money=next(amounts)) if bills else None,
        status_page="https://status.flowops.example",
        decision=_decision(situation, bills),
        rules=_rules(rng, next(amounts)),
        done=_done(rng, situation, bills, today, plans, next(amounts)),
        asked=tuple(bill.id for bill in bills) if situation == "asks" else (),
    )


def _amounts(rng: random.Random, currency: str) -> Iterator[Money]:
    digits = CURRENCIES[currency]
    for units in rng.sample(range(100, 10**7), 40):
        yield Money(amount=Decimal(units).scaleb(-digits), currency=currency)


def _id(rng: random.Random, prefix: str) -> str:
    return f"{prefix}_{rng.randrange(10**6, 10**7)}"


def _bills(
    rng: random.Random, today: date, amounts: Iterator[Money], plan: str, situation: str
) -> tuple[Bill, ...]:
    if situation == "empty":
        return ()
    days = rng.sample(range(1, 400), 3)
    made = []
    for number, age in enumerate(days):
        money, is_paid = next(amounts), number < 2
        zero, day = Money(amount=Decimal(0), currency=money.currency), today - timedelta(age)
        made.append(
            Bill(
                id=_id(rng, "inv"),
                money=money,
                status="paid" if is_paid else "open",
                date=day,
                paid_on=day if is_paid else None,
                plan=plan,
                refunded=Money(amount=money.amount / 2 // 1, currency=money.currency) if number == 1 else zero,
                pending=zero,
                left=money if number == 0 else zero,
                was_denied=number == 0 and situation == "idle",
            )
        )
    return tuple(made)


def _decision(situation: str, bills: tuple[Bill, ...]) -> RefundDecision:
    verdicts: dict[str, Any] = {
        "done": "approved",
        "idle": "denied",
        "review": "needs_review",
        "shadow approved": "approved",
        "shadow review": "needs_review",
    }
    if situation not in verdicts:
        return RefundDecision()
    reason = "outside window" if situation == "idle" else ""
    return RefundDecision(refund=verdicts[situation], invoice=bills[0].id, money=bills[0].money, reason=reason)


def _rules(rng: random.Random, limit: Money) -> Rules:
    low = rng.randrange(2, 7)
    return Rules(
        refund_window_days=rng.randrange(8, 95),
        refund_eta_days=(low, low + rng.randrange(1, 9)),
        response_hours=rng.randrange(1, 100),
        auto_limit=limit,
    )


def _done(
    rng: random.Random, situation: str, bills: tuple[Bill, ...], today: date, plans: list[str], money: Money
) -> tuple[Done, ...]:
    ticket = Done(type="ticket_created", id=_id(rng, "tck"), date=today)
    if situation in ("shadow approved", "shadow review"):
        deed = "refund" if situation == "shadow approved" else "refund_reserved"
        refund = Done(type=deed, id="rfd_1", invoice=bills[0].id, money=bills[0].money)
        return (ticket, refund, Done(type="handoff_created", id="hof_1"))
    if situation == "review":
        held = Done(type="refund_reserved", id=_id(rng, "rfd"), invoice=bills[0].id, money=bills[0].money)
        return (ticket, held, Done(type="handoff_created", id=_id(rng, "hof"), date=today))
    if situation != "done":
        return ()
    later = today + timedelta(rng.randrange(1, 60))
    return (
        ticket,
        Done(type="handoff_created", id=_id(rng, "hof"), date=today),
        Done(type="refund", id=_id(rng, "rfd"), invoice=bills[0].id, money=bills[0].money, date=today),
        Done(type="email_sent", to="lea@sommer.example", date=today),
        Done(type="password_reset_email_sent", to="reset@sommer.example", date=today),
        Done(type="subscription_cancelled", date=today, effective=later),
        Done(type="plan_changed", old=plans[0], new=plans[1], date=today, effective=later),
        Done(type="invoice_created", id=_id(rng, "inv"), money=money, date=today),
    )


def truths(known: Known) -> Iterator[Statement]:
    """What is true here, in each form in which FlowOps says it."""
    yield from (
        say.Courtesy(of=of) for of in ("thanks", "welcome", "check_number", "answer_how", "more_than_zero")
    )
    yield say.CustomerIs(name=known.name)
    yield say.CustomerSaid(quote="I was charged twice, she said.")
    yield say.StatusPage(url=known.status_page or "")
    yield from _of_account(known)
    yield from _of_policy(known)
    yield from _of_effects(known)
    yield from _of_decision(known)
    yield from (statement for bill in known.bills for statement in _of_bill(bill, known))


def _of_account(known: Known) -> Iterator[Statement]:
    yield say.PlanIs(plan=known.plan or "")
    yield say.AccountIs(status=known.status or "")
    yield say.NoApiKey() if known.api_key == "none" else say.ApiKeyIs(status=known.api_key or "")
    yield say.EmailOnFile(email=known.email or "")
    yield from (say.PlanCosts(plan=price.plan, money=price.money, per=price.per) for price in known.prices)
    if known.renewal:
        yield say.Renews(date=known.renewal.date)
        yield say.Renews(date=known.renewal.date, money=known.renewal.money)
    if not known.bills:
        yield say.NoInvoices()
        yield say.NoPaidInvoice()
        yield say.NoRefunds()
        yield say.NoSuchInvoice(invoice=known.customer_message.split()[1].rstrip(":"))
    if known.asked:
        yield say.WhichInvoice(invoices=known.asked)


def _of_policy(known: Known) -> Iterator[Statement]:
    rules = known.rules
    low, high = rules.refund_eta_days or (0, 0)
    yield say.RefundWindow(days=rules.refund_window_days or 0)
    yield say.RefundEta(low=low, high=high)
    yield say.ResponseTime(hours=rules.response_hours or 0)
    if rules.auto_limit:
        yield say.AutoLimit(limit=rules.auto_limit)


def _of_effects(known: Known) -> Iterator[Statement]:
    if not known.live:
        yield say.Rehearsal()
        yield say.WouldPassToPerson()
        return
    for done in known.done:
        yield from _OF_DEED[done.type](done)


_OF_DEED: dict[str, Callable[[Done], tuple[Statement, ...]]] = {
    "ticket_created": lambda done: (say.TicketIs(ticket=done.id),),
    "handoff_created": lambda done: (say.PassedToPerson(), say.PassedToPerson(handoff=done.id)),
    "refund": lambda done: (say.RefundIssued(invoice=done.invoice, money=done.money),),
    "refund_reserved": lambda done: (say.RefundAwaitsPerson(invoice=done.invoice, money=done.money),),
    "email_sent": lambda done: (say.EmailSent(email=done.to),),
    "password_reset_email_sent": lambda done: (say.ResetMailSent(email=done.to),),
    "subscription_cancelled": lambda done: (say.Cancelled(), say.Cancelled(effective=done.effective)),
    "plan_changed": lambda done: (say.PlanChanged(old=done.old, new=done.new),),
    "invoice_created": lambda done: (say.InvoiceCreated(invoice=done.id, money=done.money),),
}


def _of_decision(known: Known) -> Iterator[Statement]:
    invoice, money = known.decision.invoice, known.decision.money
    match known.decision.refund:
        case "approved":
            if known.live:
                yield say.RefundApproved(invoice=invoice, money=money)
            else:
                yield say.WouldRefund(invoice=invoice, money=money)
                yield say.RefundPossible(invoice=invoice)
        case "denied":
            yield say.RefundApproved(negated=True)
            yield say.RefundPossible(invoice=invoice, negated=True)
            yield say.PersonDecidedAgainst(invoice=invoice or "")
        case "needs_review":
            yield say.RefundUndecided()
            yield say.RefundUndecided(invoice=invoice, money=money)
            if not known.live:
                yield say.WouldAskPerson(invoice=invoice, money=money)
        case _:
            pass


def _of_bill(bill: Bill, known: Known) -> Iterator[Statement]:
    yield say.InvoiceIs(invoice=bill.id, status=bill.status)
    yield say.InvoiceIs(invoice=bill.id, money=bill.money)
    if bill.paid_on:
        yield say.InvoiceIs(invoice=bill.id, paid_on=bill.paid_on)
    is_touched = any(done.invoice == bill.id for done in known.done)
    if bill.refunded and bill.refunded.amount:
        yield say.AlreadyRefunded(invoice=bill.id, money=bill.refunded)
    elif not is_touched:
        yield say.RefundIssued(invoice=bill.id, negated=True)
    if bill.left and bill.left.amount and not is_touched:
        yield say.StillPaid(invoice=bill.id, money=bill.left)
        yield say.ShallWeRefund(invoice=bill.id, money=bill.left)


def lies(statement: Statement, known: Known) -> Iterator[Statement]:
    """The statement with one slot changed to what is so nowhere, or to what is so of something else."""
    if statement.__struct_config__.tag in ("courtesy",):
        return
    for name in statement.__struct_fields__:
        if name == "own":  # how a price is checked, not what is said
            continue
        value = getattr(statement, name)
        for other in _others(name, value, known):
            yield msgspec.structs.replace(statement, **{name: other})


def _others(name: str, value: Any, known: Known) -> list[Any]:
    match value:
        case Money(amount=amount, currency=currency):
            step = Decimal(1).scaleb(-CURRENCIES[currency])
            elsewhere = next(code for code in ("EUR", "USD") if code != currency)
            twin = Money(amount=amount.quantize(Decimal("0.01")), currency=elsewhere)
            return [
                Money(amount=amount + step, currency=currency),
                Money(amount=amount * 10, currency=currency),
                twin,
            ]
        case bool():
            return [not value]
        case date():
            return [value + timedelta(1), value.replace(year=value.year - 1, day=min(value.day, 28))]
        case int():
            return [value + 1, value * 10]
        case tuple():
            return [value[:-1], value[::-1]]
        case str():
            return _other_words(name, value, known)
        case _:
            return []


def _other_words(name: str, value: str, known: Known) -> list[str]:
    match name:
        case "status":
            return ["paused", "expired"] if value == "active" else ["void", "draft"]
        case "per":
            return ["year" if value == "month" else "month"]
        case "plan" | "old" | "new":
            return ["Platinum"]
        case "email":
            return ["someone@else.example", value.replace(".example", ".example.com")]
        case "url":
            return ["https://status.flowops.example.evil.com", "https://flowops.example"]
        case "name":
            return ["Karl Winter"]
        case "quote":
            return ["You will get it back."]
        case _:
            return [
                f"{value}9",
                f"{value[:-1]}{(int(value[-1]) + 1) % 10}" if value[-1].isdigit() else f"{value}1",
            ]
