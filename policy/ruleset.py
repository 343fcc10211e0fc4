"""A ruleset: the numbers policy decides by, as data. Reading one checks everything that can be wrong with it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from flowops.money import LARGEST, Money, NotMoney, money

PLANS = ("free", "pro", "enterprise")


class Then(StrEnum):
    """What a band of amounts leads to, in growing strictness."""

    APPROVE = "approve"
    NEEDS_HUMAN = "needs_human"
    DENY = "deny"


_STRICTNESS = list(Then)


class Band(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Amounts above `over` up to and including `up_to` (None: without end)."""

    over: Decimal
    up_to: Decimal | None = None
    then: Then

    def holds(self, amount: Decimal) -> bool:
        return self.over < amount and (self.up_to is None or amount <= self.up_to)


class PlanRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refund_window_days: int
    claim_minutes: int
    priority: Literal["low", "med", "high"]
    refund_bands: dict[str, tuple[Band, ...]]

    def refunds_without_a_person(self, currency: str) -> Decimal:
        """The largest amount of one refund that needs no person; 0 for none."""
        bands = self.refund_bands.get(currency, ())
        return max((band.up_to or LARGEST for band in bands if band.then is Then.APPROVE), default=Decimal(0))


class Escalation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Confidence below which a person takes over: always, and after a recent unresolved escalation."""

    min_confidence: float
    min_confidence_after_escalation: float
    memory_interactions: int


class AutoRefundLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sums, by currency, up to which refunds need no person. Every currency with an approving band has both."""

    per_invoice: dict[str, Decimal]
    per_customer: dict[str, Decimal]
    per_customer_days: int


class Ruleset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal[1]
    name: str
    escalation: Escalation
    auto_refund_limits: AutoRefundLimits
    # Refunds above it need the yes of two people. Rulesets published before there was such a limit have none.
    second_person_over: dict[str, Decimal] = {}
    plans: dict[str, PlanRules]

    def for_plan(self, plan: str | None) -> PlanRules:
        """The rules of a plan; an unknown customer has those of the free one."""
        return self.plans[plan or "free"]

    def people_to_approve(self, refund: Money) -> int:
        """How many people must say yes. Where there are limits, a currency without one always takes two."""
        if not self.second_person_over:
            return 1
        return 2 if refund.amount > self.second_person_over.get(refund.currency, Decimal(0)) else 1


class Fault(NamedTuple):
    path: str
    message: str


class NotARuleset(ValueError):
    """`faults` says where and why, one entry per fault."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults))
        self.faults = faults


def read(data: Mapping[str, Any]) -> Ruleset:
    """The ruleset in plain data (as JSON or YAML gives it). Raises NotARuleset."""
    try:
        ruleset = msgspec.convert(data, Ruleset)
    except (msgspec.ValidationError, InvalidOperation) as error:
        message, _, path = str(error).partition(" - at ")
        raise NotARuleset([Fault(path.strip("`") or "$", message)]) from error
    if faults := list(_faults(ruleset)):
        raise NotARuleset(faults)
    return ruleset


def _faults(ruleset: Ruleset) -> Iterator[Fault]:
    """Amounts first: only what is a number can be compared with another."""
    amount_faults = list(_all_amount_faults(ruleset))
    yield from amount_faults or _other_faults(ruleset)


def _all_amount_faults(ruleset: Ruleset) -> Iterator[Fault]:
    limits = ruleset.auto_refund_limits
    for name, amounts in (("per_invoice", limits.per_invoice), ("per_customer", limits.per_customer)):
        for currency, amount in amounts.items():
            yield from _amount_faults(f"$.auto_refund_limits.{name}.{currency}", amount, currency)
    for currency, amount in ruleset.second_person_over.items():
        yield from _amount_faults(f"$.second_person_over.{currency}", amount, currency)
    for plan, rules in ruleset.plans.items():
        for currency, bands in rules.refund_bands.items():
            path = f"$.plans.{plan}.refund_bands.{currency}"
            for position, band in enumerate(bands):
                yield from _amount_faults(f"{path}[{position}].over", band.over, currency)
                if band.up_to is not None:
                    yield from _amount_faults(f"{path}[{position}].up_to", band.up_to, currency)


def _other_faults(ruleset: Ruleset) -> Iterator[Fault]:
    if not ruleset.name.isprintable():
        yield Fault("$.name", "holds characters that cannot be shown")
    yield from _escalation_faults(ruleset.escalation)
    yield from _limit_faults(ruleset.auto_refund_limits)
    for plan in PLANS:
        if plan not in ruleset.plans:
            yield Fault("$.plans", f"the plan {plan!r} is missing")
    for plan, rules in ruleset.plans.items():
        if plan not in PLANS:
            yield Fault(f"$.plans.{plan}", f"is not a plan; plans are {', '.join(PLANS)}")
        yield from _plan_faults(f"$.plans.{plan}", rules)
    yield from _claim_faults(ruleset.plans)
    yield from _unlimited_faults(ruleset)


def _escalation_faults(rules: Escalation) -> Iterator[Fault]:
    if str(rules.min_confidence).startswith("-") or not rules.min_confidence <= 1:  # -0.0 would not come back
        yield Fault("$.escalation.min_confidence", "must be from 0 to 1")
    if not rules.min_confidence <= rules.min_confidence_after_escalation <= 1:
        yield Fault("$.escalation.min_confidence_after_escalation", "must be from min_confidence to 1")
    if not 0 <= rules.memory_interactions <= 50:
        yield Fault("$.escalation.memory_interactions", "must be from 0 to 50")


def _limit_faults(limits: AutoRefundLimits) -> Iterator[Fault]:
    path = "$.auto_refund_limits"
    if not 1 <= limits.per_customer_days <= 365:
        yield Fault(f"{path}.per_customer_days", "must be from 1 to 365")
    for currency, amount in limits.per_invoice.items():
        if limits.per_customer.get(currency, amount) < amount:
            yield Fault(f"{path}.per_customer.{currency}", "must not be below the limit per invoice")


def _plan_faults(path: str, rules: PlanRules) -> Iterator[Fault]:
    if not 0 <= rules.refund_window_days <= 3650:
        yield Fault(f"{path}.refund_window_days", "must be from 0 to 3650")
    if not 1 <= rules.claim_minutes <= 525_600:
        yield Fault(f"{path}.claim_minutes", "must be from 1 to 525600")
    for currency, bands in rules.refund_bands.items():
        yield from _band_faults(f"{path}.refund_bands.{currency}", bands)


def _band_faults(path: str, bands: tuple[Band, ...]) -> Iterator[Fault]:
    if not bands:
        yield Fault(path, "has no bands")
        return
    for position, band in enumerate(bands):
        if band.up_to is not None and band.up_to <= band.over:
            yield Fault(f"{path}[{position}].up_to", f"must be above over ({band.over})")
    if bands[0].over != 0:
        yield Fault(f"{path}[0].over", f"leaves a gap: amounts from 0 to {bands[0].over} have no band")
    for position, (lower, upper) in enumerate(pairwise(bands), start=1):
        yield from _seam_faults(f"{path}[{position}]", lower, upper)
    if bands[-1].up_to is not None:
        yield Fault(
            f"{path}[{len(bands) - 1}].up_to", f"leaves a gap: amounts over {bands[-1].up_to} have no band"
        )


def _seam_faults(path: str, lower: Band, upper: Band) -> Iterator[Fault]:
    if lower.up_to is None or lower.up_to > upper.over:
        yield Fault(f"{path}.over", "overlaps the band before it")
    elif lower.up_to < upper.over:
        yield Fault(f"{path}.over", f"leaves a gap: amounts from {lower.up_to} to {upper.over} have no band")
    if _STRICTNESS.index(upper.then) < _STRICTNESS.index(lower.then):
        yield Fault(f"{path}.then", f"must not be milder than {lower.then.value!r} for smaller amounts")


def _claim_faults(plans: Mapping[str, PlanRules]) -> Iterator[Fault]:
    known = [(plan, plans[plan].claim_minutes) for plan in PLANS if plan in plans]
    for (cheaper, longer), (dearer, shorter) in pairwise(known):
        if shorter > longer:
            yield Fault(f"$.plans.{dearer}.claim_minutes", f"must not exceed that of {cheaper!r} ({longer})")


def _unlimited_faults(ruleset: Ruleset) -> Iterator[Fault]:
    limits = ruleset.auto_refund_limits
    approving = {
        currency
        for rules in ruleset.plans.values()
        for currency in rules.refund_bands
        if rules.refunds_without_a_person(currency)
    }
    for name, amounts in (("per_invoice", limits.per_invoice), ("per_customer", limits.per_customer)):
        for currency in sorted(approving - set(amounts)):
            yield Fault(
                f"$.auto_refund_limits.{name}", f"has no limit in {currency}, which a band approves refunds in"
            )


def _amount_faults(path: str, amount: Decimal, currency: str) -> Iterator[Fault]:
    try:
        money(amount, currency)
    except NotMoney as error:
        yield Fault(path, str(error))
        return
    if amount < 0:
        yield Fault(path, "must not be negative")
