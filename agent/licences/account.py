"""What licenses the statements on plan, prices and renewal, and the arithmetic done with them."""

from decimal import Decimal

from agent import statements as say
from agent.known import Done, Known, Price
from agent.licences.amounts import comparable, for_a_year, sums, times
from agent.licences.invoices import same_status
from agent.licences.proof import Fault, Licence, Verdict, folded, same_day, same_money, same_text, unless
from agent.licences.refunds import is_percent
from flowops.money import Money


def _plan_is(said: say.PlanIs, known: Known) -> Verdict:
    if known.plan is None:
        return Fault("the plan is not known")
    changes = known.deeds("plan_changed")
    names = {known.plan} | {done.new for done in changes if done.new and not _is_later(done, known)}
    if said.negated and isinstance(plan_exists(say.PlanExists(plan=said.plan), known), Fault):
        return Fault("there is no such plan")
    is_so = any(same_text(said.plan, name) for name in names)
    return ("account.plan",) if is_so != said.negated else Fault(f"the plan is {known.plan}")


def _is_later(done: Done, known: Known) -> bool:
    return done.effective is not None and done.effective > known.today


def _account_is(said: say.AccountIs, known: Known) -> Verdict:
    if said.negated and same_status(said.status, "cancelled") and known.deeds("subscription_cancelled"):
        return Fault("it is cancelled")
    is_so = known.status is not None and same_status(said.status, known.status)
    return ("account.status",) if known.status and is_so != said.negated else Fault(f"it is {known.status}")


def _api_key_is(said: say.ApiKeyIs, known: Known) -> Verdict:
    is_so = said.status == known.api_key != "none"
    return ("account.api_key_status",) if is_so else Fault(f"the key is {known.api_key}")


def _no_api_key(said: say.NoApiKey, known: Known) -> Verdict:
    return ("account.api_key_status",) if known.api_key == "none" else Fault(f"the key is {known.api_key}")


def _email_on_file(said: say.EmailOnFile, known: Known) -> Verdict:
    is_so = known.email is not None and said.email.lower() == known.email.lower()
    return ("account.email",) if is_so else Fault("another address is on file")


def _plan_costs(said: say.PlanCosts, known: Known) -> Verdict:
    is_own = said.plan is None or said.own
    new = [done.new for done in known.deeds("plan_changed") if not _is_later(done, known)]
    found = [
        price
        for name in ([said.plan] if said.plan else [known.plan, *new])
        for price in known.prices
        if _is_priced(name, said.per, price) and price.money == said.money and said.per in (None, price.per)
    ]
    if is_own and not _is_paid(said.money, known):
        return Fault("the customer pays another price of that plan")
    return unless((f"price.{price.plan}" for price in found), "the list has another price")


def _is_paid(money: Money, known: Known) -> bool:
    """Of several prices of a plan, the customer pays the one that the renewal is for, or the last invoice was."""
    latest = max((bill for bill in known.bills if bill.date), key=lambda bill: str(bill.date), default=None)
    paid = {known.renewal.money} if known.renewal else {latest.money} if latest else set()
    own = {p.money for p in known.prices if known.plan and folded(p.plan).startswith(folded(known.plan))}
    return len(own) < 2 or not paid & own or money in paid


_YEARLY = ("annual", "yearly", "year", "annuel", "anual", "annuale", "jahr", "jährlich")


def _is_priced(name: str | None, per: str | None, price: Price) -> bool:
    """Whether the list names this price for the plan; a plan paid by the year goes by its short name, too."""
    if same_text(name, price.plan):
        return True
    stem, _, ending = folded(price.plan).rpartition(" ")
    return name is not None and per == price.per == "year" and ending in _YEARLY and folded(name) == stem


def plan_exists(said: say.PlanExists, known: Known) -> Verdict:
    names = [price.plan for price in known.prices] + [bill.plan for bill in known.bills]
    is_so = any(name is not None and same_text(said.plan, name) for name in (known.plan, *names))
    return ("account.plan",) if is_so else Fault("there is no such plan")


def _renews(said: say.Renews, known: Known) -> Verdict:
    renewal = known.renewal
    if said.negated:
        return Fault("a renewal lies ahead") if renewal else ("renewal",)
    if renewal is None:
        return Fault("no renewal is known")
    is_so = (
        same_day(said.date, renewal.date)
        and said.month in (None, renewal.date.month)
        and same_money(said.money, renewal.money)
        and said.days in (None, (renewal.date - known.today).days)
        and (said.per is None or _is_per(said.per, renewal.money, known))
        and (said.plan is None or same_text(said.plan, known.plan) or _is_new_plan(said.plan, known))
        and _is_price_of(said.plan, renewal.money, known)
    )
    return ("renewal",) if is_so else Fault(f"the renewal is {renewal.money} on {renewal.date}")


def _is_per(per: str, money: Money, known: Known) -> bool:
    return any(price.per == per and price.money == money for price in known.prices)


def _is_price_of(plan: str | None, money: Money, known: Known) -> bool:
    """Whether the list has that price for the plan, where it names the plan at all."""
    listed = [price.money for price in known.prices if same_text(plan, price.plan)]
    return plan is None or not listed or money in listed


def _is_new_plan(plan: str, known: Known) -> bool:
    return any(same_text(plan, done.new) for done in known.deeds("plan_changed"))


def _difference(said: say.Difference, known: Known) -> Verdict:
    if said.way is not None or said.plan is not None:
        return _more_or_less(said, known)
    is_so = any(
        one.currency == other.currency == said.money.currency
        and abs(one.amount - other.amount) == said.money.amount
        for one, other in comparable(known)
    )
    return ("arithmetic.difference",) if is_so else Fault("no two amounts that compare differ by that")


def _more_or_less(said: say.Difference, known: Known) -> Verdict:
    """`plan` costs that much more or less than `than`; where neither is said, than what the customer has now."""
    than = said.than or (None if said.plan else known.plan)
    for one in known.prices:
        for other in known.prices:
            if one == other or not (same_text(said.plan, one.plan) and same_text(than, other.plan)):
                continue
            pairs = [(one.money, other.money, one.per)] if one.per == other.per else []
            pairs += [(for_a_year(one), for_a_year(other), "year")]
            for mine, theirs, per in pairs:
                gap = (mine.amount - theirs.amount) * (-1 if said.way == "less" else 1)
                gap = abs(gap) if said.way is None else gap
                if said.per in (None, per) and gap == said.money.amount and mine.currency == said.money.currency:
                    return (f"price.{one.plan}", f"price.{other.plan}")
    return Fault("the prices differ otherwise")


def _total(said: say.Total, known: Known) -> Verdict:
    if said.of == "paid":
        paid = [bill.money for bill in known.bills if bill.status in ("paid", "refunded", "partially_refunded")]
        is_all = bool(paid) and known.is_complete and len({money.currency for money in paid}) == 1
        whole = Money(amount=sum((money.amount for money in paid), Decimal(0)), currency=said.money.currency)
        is_all = is_all and paid[0].currency == said.money.currency
        return ("arithmetic.sum",) if is_all and whole == said.money else Fault("they paid another sum")
    if said.plan is not None or said.count is not None:
        priced = [p for p in known.prices if p.per == "month" and same_text(said.plan or known.plan, p.plan)]
        is_so = any(times(price.money, said.count or 12) == said.money for price in priced)
        return ("arithmetic.sum",) if is_so else Fault("that many months cost another sum")
    is_so = said.money in sums([bill.money for bill in known.bills][:6]) or any(
        for_a_year(price) == said.money for price in known.prices if price.per == "month"
    )
    return ("arithmetic.sum",) if is_so else Fault("no known amounts add up to that")


def _share_of(said: say.Share, known: Known) -> Verdict:
    decision, bills = known.decision, known.bills
    if (
        said.percent == decision.percent
        and decision.refund == "approved_partial"
        and said.money in (None, decision.money)
    ):
        return ("decision.percent",)
    pairs = [(done.money, known.bill(done.invoice)) for done in known.deeds("refund")]
    pairs += [(bill.refunded, bill) for bill in bills]
    found = [
        bill
        for money, bill in pairs
        if money and bill and said.money in (None, money) and is_percent(said.percent, money, bill)
    ]
    return unless((f"{bill.id}.total" for bill in found), "no known amount is that share")


LICENCES: dict[type, Licence] = {
    say.PlanIs: _plan_is,
    say.AccountIs: _account_is,
    say.ApiKeyIs: _api_key_is,
    say.NoApiKey: _no_api_key,
    say.EmailOnFile: _email_on_file,
    say.PlanCosts: _plan_costs,
    say.PlanExists: plan_exists,
    say.Renews: _renews,
    say.Difference: _difference,
    say.Total: _total,
    say.Share: _share_of,
}
