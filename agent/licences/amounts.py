"""The amounts that facts hold, and the exact arithmetic that may be done with them."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from agent.known import Known, Price
from flowops.money import Money


def amounts(known: Known) -> set[Money]:
    """Every amount that a fact holds."""
    held: set[Money | None] = {bill.money for bill in known.bills}
    held |= {price.money for price in known.prices}
    held |= {done.money for done in known.deeds("refund", "refund_reserved")}
    held |= {money for bill in known.bills for money in (bill.refunded, bill.pending, bill.left)}
    held |= {known.renewal.money if known.renewal else None, known.decision.money, known.rules.auto_limit}
    return {money for money in held if money is not None and money.amount}


def comparable(known: Known) -> Iterator[tuple[Money, Money]]:
    """Pairs whose difference means something: two prices, an invoice and what went back of it, or a limit."""
    for one, other in combinations(known.prices, 2):
        if one.per == other.per:
            yield one.money, other.money
        yield for_a_year(one), for_a_year(other)
    refunds = [(done.money, known.bill(done.invoice)) for done in known.deeds("refund")]
    refunds += [(bill.refunded, bill) for bill in known.bills] + [
        (known.decision.money, known.bill(known.decision.invoice))
    ]
    yield from ((bill.money, money) for money, bill in refunds if money and bill)
    for bill in known.bills:
        if known.rules.auto_limit:
            yield bill.money, known.rules.auto_limit
        if known.renewal:
            yield bill.money, known.renewal.money


def for_a_year(price: Price) -> Money:
    return times(price.money, 12 if price.per == "month" else 1)


def times(money: Money, count: int) -> Money:
    return Money(amount=money.amount * count, currency=money.currency)


def sums(moneys: list[Money]) -> set[Money]:
    return {
        Money(amount=sum((money.amount for money in some), Decimal(0)), currency=some[0].currency)
        for size in range(2, len(moneys) + 1)
        for some in combinations(moneys, size)
        if len({money.currency for money in some}) == 1
    }
