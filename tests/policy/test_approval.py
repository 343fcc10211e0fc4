"""M3: a person may say yes only to what the rules allow on today's facts, and above the second limit two must."""

from datetime import timedelta

import msgspec
import pytest

from flowops.money import Money
from policy import approval
from policy.approval import Finding, Request
from tests.factories import NOW
from tests.policy.worlds import eur, invoice, ruleset, usd


def request(amount="240.00", **changes):
    """A refund of 240 EUR of inv_a, all of it reserved, asked for by a pro customer now."""
    money = amount if isinstance(amount, Money) else eur(amount)
    values = {"invoice": "inv_a", "money": money, "reserved": eur("240.00"), "plan": "pro", "asked_at": NOW}
    return Request(**(values | changes))


def reserved(**changes):
    return invoice(total="240.00", pending="240.00", **changes)


def review(asked, *invoices, rules=None):
    return approval.review(asked, invoices or (reserved(),), rules or ruleset(), version=1)


ALLOWED = {
    "above the machine's limit": request(),
    "what the machine could do": request("10.00"),
    "less than is reserved": request("239.99"),
    "asked on the last day of the window": request(asked_at=NOW + timedelta(days=27)),
    "of an enterprise": request(plan="enterprise"),
}


@pytest.mark.parametrize("asked", ALLOWED.values(), ids=ALLOWED)
def test_what_the_rules_allow_a_person_may_approve(asked):
    assert review(asked) == Finding(objections=(), people=1)


def test_a_no_to_another_refund_of_the_invoice_does_not_stand_in_the_way():
    assert review(request(), reserved(was_denied=True)) == Finding(objections=(), people=1)


REFUSED = {
    "another amount than is left": (request("240.01"), reserved(), "€240.00 of inv_a can be refunded"),
    "nothing": (request("0.00"), reserved(), "a refund must be more than zero"),
    "less than nothing": (request("-1.00"), reserved(), "a refund must be more than zero"),
    "another currency": (request(usd("240.00")), reserved(), "€240.00 of inv_a can be refunded"),
    "a foreign invoice": (request(invoice="inv_b"), reserved(), "inv_b is not on the account"),
    "no customer": (request(plan=None), reserved(), "no customer has this id"),
    "void": (request(), reserved(status="void"), "inv_a is void"),
    "unpaid": (request(), reserved(paid="0.00"), "no payment of inv_a is recorded"),
    "asked too late": (request(asked_at=NOW + timedelta(days=28)), reserved(), "was paid more than 30 days ago"),
    "refunded": (request(), reserved(refunded="240.00"), "€240.00 of inv_a is already refunded"),
}


@pytest.mark.parametrize(("asked", "of", "why"), REFUSED.values(), ids=REFUSED)
def test_what_the_rules_refuse_nobody_may_approve_and_is_told_why(asked, of, why):
    (objection,) = review(asked, of).objections
    assert why in objection


def test_another_reservation_stands_in_the_way_its_own_does_not():
    other = invoice(total="240.00", pending="340.00", paid="340.00")
    assert review(request(), other).objections == ()
    (objection,) = review(request(), invoice(total="240.00", pending="480.00")).objections
    assert "already awaits a person" in objection


def test_its_own_reservation_counts_only_for_its_own_invoice():
    other = invoice("inv_b", total="240.00", pending="240.00")
    assert review(request(), other, reserved()).objections == ()
    (objection,) = review(request(), other, invoice(total="240.00", pending="480.00")).objections
    assert "already awaits a person" in objection


def test_a_reservation_in_another_currency_frees_nothing():
    (objection,) = review(request(reserved=usd("240.00"))).objections
    assert "already awaits a person" in objection


def test_a_band_that_denies_is_above_any_person():
    rules = ruleset("plans.pro.refund_bands.EUR", [{"over": "0", "then": "deny"}])
    assert review(request(), rules=rules).objections == ("€240.00 is above what the pro plan refunds",)


@pytest.mark.parametrize(
    ("limits", "amount", "people"),
    [
        pytest.param({"EUR": "100.00"}, eur("100.00"), 1, id="at the limit"),
        pytest.param({"EUR": "100.00"}, eur("100.01"), 2, id="above it"),
        pytest.param({"EUR": "0"}, eur("0.01"), 2, id="always two"),
        pytest.param({"EUR": "100.00"}, usd("0.01"), 2, id="a currency without a limit"),
        pytest.param({}, eur("99999.00"), 1, id="no limits at all"),
    ],
)
def test_above_the_second_limit_two_people_must_approve(limits, amount, people):
    rules = ruleset(second_person_over=limits)
    assert rules.people_to_approve(amount) == people
    asked = request(amount, reserved=amount)
    of = invoice(total=str(amount.amount), currency=amount.currency, pending=str(amount.amount))
    assert review(asked, of, rules=rules).people == people


def test_a_ruleset_of_before_there_was_a_second_limit_asks_one():
    content = msgspec.to_builtins(ruleset())
    del content["second_person_over"]
    assert ruleset().second_person_over
    assert msgspec.convert(content, type(ruleset())).people_to_approve(eur("99999.00")) == 1
