"""M2: a ruleset with a fault in it is refused, and each fault is named by its place."""

from decimal import Decimal

import pytest

from policy import ruleset as rulesets
from policy.ruleset import PLANS, Band, NotARuleset, Then
from tests.policy.worlds import changed, starting

BANDS = "plans.pro.refund_bands.EUR"
AT_BANDS = "$.plans.pro.refund_bands.EUR"
# msgspec names the keys of a mapping `...` in the places it reports.
AT_ANY_BAND = "$.plans[...].refund_bands[...]"


def band(over, up_to=None, then="approve"):
    limit = {} if up_to is None else {"up_to": up_to}
    return {"over": over, **limit, "then": then}


def without(path):
    """The starting rules without the entry at this path."""
    content = inner = starting()
    *way, last = path.split(".")
    for step in way:
        inner = inner[step]
    del inner[last]
    return content


def fault(id, content, *paths):
    return pytest.param(content, paths, id=id)


def at(path, value, *paths, id=None):
    """The fault that this value makes at this path of the starting rules; there itself unless told."""
    return fault(id or f"{path}={value!r}", changed(path, value), *(paths or (f"$.{path}",)))


def bands(id, value, *places):
    return at(BANDS, value, *(AT_BANDS + place for place in places), id=id)


SHAPE = [
    fault("null", None, "$"),
    fault("list", [], "$"),
    fault("empty", {}, "$"),
    at("format", 2),
    at("name", 7),
    at("escalation", []),
    at("escalation.min_confidence", "0.75"),
    at("escalation.memory_interactions", 5.5),
    at("escalation.memory_interactions", True),
    at("auto_refund_limits.per_invoice", [], id="per_invoice_list"),
    at("auto_refund_limits.per_invoice.EUR", "much", "$.auto_refund_limits.per_invoice[...]"),
    at("auto_refund_limits.per_customer.EUR", True, "$.auto_refund_limits.per_customer[...]"),
    at("auto_refund_limits.per_customer_days", "30"),
    at("second_person_over", [], id="second_person_list"),
    at("second_person_over.EUR", True, "$.second_person_over[...]"),
    at("plans", []),
    at("plans.pro", None, "$.plans[...]"),
    at("plans.pro.refund_window_days", "30", "$.plans[...].refund_window_days"),
    at("plans.pro.claim_minutes", 1.5, "$.plans[...].claim_minutes"),
    at("plans.pro.priority", "urgent", "$.plans[...].priority"),
    at("plans.pro.refund_bands", [], "$.plans[...].refund_bands"),
    at(BANDS, "all", AT_ANY_BAND),
    at(f"{BANDS}.0", 5, f"{AT_ANY_BAND}[0]"),
    at(f"{BANDS}.0.over", [], f"{AT_ANY_BAND}[0].over"),
    at(f"{BANDS}.0.over", None, f"{AT_ANY_BAND}[0].over"),
    at(f"{BANDS}.0.up_to", "some", f"{AT_ANY_BAND}[0].up_to"),
    at(f"{BANDS}.1.then", "maybe", f"{AT_ANY_BAND}[1].then"),
    fault("no_name", without("name"), "$"),
    fault("no_plans", without("plans"), "$"),
    fault("no_min_confidence", without("escalation.min_confidence"), "$.escalation"),
    fault("no_per_invoice", without("auto_refund_limits.per_invoice"), "$.auto_refund_limits"),
    fault("no_claim_minutes", without("plans.pro.claim_minutes"), "$.plans[...]"),
]

UNKNOWN_KEYS = [
    at("limits", {}, "$"),
    at("escalation.x", 1, "$.escalation"),
    at("auto_refund_limits.per_day", {}, "$.auto_refund_limits"),
    at("plans.pro.refund_window", 30, "$.plans[...]"),
    at(f"{BANDS}.0.upto", "100.00", f"{AT_ANY_BAND}[0]"),
]

PLANS_AND_NUMBERS = [
    *(fault(f"no_{plan}", without(f"plans.{plan}"), "$.plans") for plan in PLANS),
    fault("no_plan_at_all", changed("plans", {}), "$.plans", "$.plans", "$.plans"),
    at("plans.gold", starting()["plans"]["pro"], "$.plans.gold", id="unknown_plan"),
    at("escalation.min_confidence", -0.01),
    at(
        "escalation.min_confidence",
        1.01,
        "$.escalation.min_confidence",
        "$.escalation.min_confidence_after_escalation",
    ),
    at(
        "escalation.min_confidence",
        float("nan"),
        "$.escalation.min_confidence",
        "$.escalation.min_confidence_after_escalation",
    ),
    at("escalation.min_confidence_after_escalation", 0.74),
    at("escalation.min_confidence", -0.0),
    at("name", "a\x00b"),
    at("escalation.min_confidence_after_escalation", 1.01),
    at("escalation.memory_interactions", -1),
    at("escalation.memory_interactions", 51),
    at("auto_refund_limits.per_customer_days", 0),
    at("auto_refund_limits.per_customer_days", 366),
    at("plans.pro.refund_window_days", -1),
    at("plans.pro.refund_window_days", 3651),
    at("plans.enterprise.claim_minutes", 0),
    at("plans.free.claim_minutes", 525_601),
    at("plans.pro.claim_minutes", 241),
    at("plans.pro.claim_minutes", 14, "$.plans.enterprise.claim_minutes"),
    at("plans.enterprise.claim_minutes", 61),
]

PER_INVOICE, PER_CUSTOMER = "auto_refund_limits.per_invoice", "auto_refund_limits.per_customer"

AMOUNTS = [
    at(f"{PER_INVOICE}.XXX", "1.00"),
    at(f"{PER_CUSTOMER}.eur", "1.00"),
    at(f"{PER_INVOICE}.EUR", "0.001"),
    at(f"{PER_CUSTOMER}.JPY", "100.50"),
    at(f"{PER_INVOICE}.EUR", "-0.01"),
    at(f"{PER_CUSTOMER}.EUR", "-1.00", f"$.{PER_CUSTOMER}.EUR"),
    *[
        at(f"{path}.EUR", value)
        for path in (PER_INVOICE, PER_CUSTOMER)
        for value in ("NaN", "sNaN", "1E+1000000", float("nan"))
    ],
    at(f"{PER_INVOICE}.EUR", "Infinity", f"$.{PER_INVOICE}.EUR"),
    at(f"{PER_CUSTOMER}.USD", "NaN"),
    at(f"{PER_CUSTOMER}.USD", float("nan")),
    at(f"{PER_CUSTOMER}.USD", float("inf")),
    at(f"{PER_CUSTOMER}.USD", "10000000000.00"),
    at(f"{PER_CUSTOMER}.EUR", "99.99"),
    at("second_person_over.XXX", "1.00"),
    at("second_person_over.EUR", "-0.01"),
    at("second_person_over.EUR", "NaN"),
    at("second_person_over.EUR", "500.001"),
    at("second_person_over.JPY", "100.50"),
    at("plans.pro.refund_bands.XXX", [band("0")], "$.plans.pro.refund_bands.XXX[0].over", id="currency_of_bands"),
    bands("over_precise", [band("0", "100.001"), band("100.001")], "[0].up_to", "[1].over"),
    bands("over_negative", [band("-1.00")], "[0].over"),
    bands("over_infinity", [band("0", "1.00"), band("Infinity")], "[1].over"),
    bands("over_nan", [band("sNaN")], "[0].over"),
    bands("up_to_infinity", [band("0", "Infinity")], "[0].up_to"),
    bands("up_to_nan", [band("0", "NaN")], "[0].up_to"),
    bands("up_to_huge", [band("0", "1E+1000000")], "[0].up_to"),
]

NO_LIMITS = [
    at(PER_INVOICE, {}, f"$.{PER_INVOICE}", id="no_invoice_limit"),
    at(PER_CUSTOMER, {"USD": "1.00"}, f"$.{PER_CUSTOMER}", id="no_customer_limit"),
    at(
        "plans.pro.refund_bands.USD", [band("0")], f"$.{PER_INVOICE}", f"$.{PER_CUSTOMER}", id="unlimited_approval"
    ),
]

SEAMS = [
    bands("no_bands", [], ""),
    bands("gap_at_start", [band("0.01")], "[0].over"),
    bands("gap_between", [band("0", "50.00"), band("50.01")], "[1].over"),
    bands("overlap", [band("0", "50.00"), band("49.99")], "[1].over"),
    bands("overlap_without_end", [band("0"), band("50.00")], "[1].over"),
    bands("gap_at_end", [band("0", "50.00"), band("50.00", "90.00")], "[1].up_to"),
    bands("gap_at_end_of_one", [band("0", "50.00")], "[0].up_to"),
    bands("up_to_is_over", [band("0", "50.00"), band("50.00", "50.00"), band("50.00")], "[1].up_to"),
    bands("up_to_below_over", [band("0", "50.00"), band("50.00", "40.00"), band("40.00")], "[1].up_to"),
    bands("milder_approve", [band("0", "50.00", "needs_human"), band("50.00")], "[1].then"),
    bands("milder_human", [band("0", "50.00", "deny"), band("50.00", then="needs_human")], "[1].then"),
]


def test_the_starting_rules_are_read():
    rules = rulesets.read(starting())
    assert (rules.format, tuple(rules.plans)) == (1, PLANS)
    assert rules.escalation.min_confidence == 0.75
    assert rules.auto_refund_limits.per_invoice == {"EUR": Decimal("100.00")}
    assert rules.plans["pro"].refund_bands["EUR"] == (
        Band(over=Decimal(0), up_to=Decimal("100.00"), then=Then.APPROVE),
        Band(over=Decimal("100.00"), then=Then.NEEDS_HUMAN),
    )


@pytest.mark.parametrize(
    ("content", "paths"), SHAPE + UNKNOWN_KEYS + PLANS_AND_NUMBERS + AMOUNTS + SEAMS + NO_LIMITS
)
def test_a_fault_is_refused_and_named_by_its_place(content, paths):
    with pytest.raises(NotARuleset) as refusal:
        rulesets.read(content)
    assert tuple(fault.path for fault in refusal.value.faults) == paths
    assert all(fault.message and fault.path in str(refusal.value) for fault in refusal.value.faults)


def test_every_fault_is_named_at_once():
    content = without("plans.free")
    content["escalation"]["memory_interactions"] = 99
    content["auto_refund_limits"]["per_customer_days"] = 0
    with pytest.raises(NotARuleset) as refusal:
        rulesets.read(content)
    assert refusal.value.faults == [
        ("$.escalation.memory_interactions", "must be from 0 to 50"),
        ("$.auto_refund_limits.per_customer_days", "must be from 1 to 365"),
        ("$.plans", "the plan 'free' is missing"),
    ]
    assert "$.plans: the plan 'free' is missing" in str(refusal.value)


def test_an_unknown_key_is_named():
    with pytest.raises(NotARuleset, match="`upto`"):
        rulesets.read(changed(f"{BANDS}.0.upto", "100.00"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(changed("escalation.min_confidence", 0), id="never_unsure"),
        pytest.param(changed("escalation.min_confidence_after_escalation", 0.75), id="thresholds_equal"),
        pytest.param(changed("escalation.min_confidence_after_escalation", 1), id="never_sure"),
        pytest.param(changed("escalation.memory_interactions", 0), id="no_memory"),
        pytest.param(changed("escalation.memory_interactions", 50), id="longest_memory"),
        pytest.param(changed("auto_refund_limits.per_customer_days", 1), id="one_day"),
        pytest.param(changed("auto_refund_limits.per_customer_days", 365), id="one_year"),
        pytest.param(changed(f"{PER_CUSTOMER}.EUR", "100.00"), id="limits_equal"),
        pytest.param(changed(f"{PER_INVOICE}.USD", "1000.00"), id="no_limit_per_customer"),
        pytest.param(changed(f"{PER_CUSTOMER}.JPY", 20_000), id="whole_number"),
        pytest.param(changed("second_person_over", {}), id="one_person_always"),
        pytest.param(changed("second_person_over.EUR", "0"), id="two_people_always"),
        pytest.param(without("second_person_over"), id="before_there_was_a_second_limit"),
        pytest.param(changed("plans.pro.refund_window_days", 0), id="no_window"),
        pytest.param(changed("plans.pro.refund_window_days", 3650), id="ten_years"),
        pytest.param(changed("plans.free.claim_minutes", 525_600), id="claim_in_a_year"),
        pytest.param(changed("plans.enterprise.claim_minutes", 1), id="claim_in_a_minute"),
        pytest.param(changed("plans.pro.claim_minutes", 240), id="claim_minutes_equal"),
        pytest.param(changed("plans.pro.refund_bands", {}), id="no_currency"),
        pytest.param(changed(BANDS, [band("0", then="deny")]), id="one_band"),
    ],
)
def test_the_outermost_values_are_taken(content):
    assert rulesets.read(content).name == "Starting rules"


def test_certainty_may_be_required():
    content = changed("escalation.min_confidence", 1)
    content["escalation"]["min_confidence_after_escalation"] = 1
    assert rulesets.read(content).escalation.min_confidence == 1


@pytest.mark.parametrize(
    ("amount", "held"),
    [("0", False), ("10.00", False), ("10.01", True), ("20.00", True), ("20.01", False)],
)
def test_a_band_holds_amounts_above_over_up_to_and_including_up_to(amount, held):
    assert Band(over=Decimal(10), up_to=Decimal(20), then=Then.DENY).holds(Decimal(amount)) is held


def test_a_band_without_an_end_holds_every_amount_above_over():
    assert Band(over=Decimal(10), then=Then.DENY).holds(Decimal("1E+12"))
