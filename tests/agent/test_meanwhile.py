"""What a customer is told while a person has the rest: what is known, and nothing that moves money."""

import pytest

from agent import draft, effects, phrasebook, verify
from agent.grounds import known
from agent.values import Entities, Message, Mode, Reading
from policy import engine
from policy.values import Facts, Intent
from tests.agent.worlds import RULES, evidence
from tests.agent.worlds import grounds as grounds_of
from tests.factories import NOW


def reply(intent, *also, mode=Mode.LIVE, language="en", **facts):
    seen = evidence()
    asked = Facts(now=NOW, intent=intent, also=also, confidence=0.97, plan="pro", invoices=seen.invoices, **facts)
    decision = engine.decide(asked, RULES, version=1)
    message = Message(customer_id="cust_123", text="?", mode=mode, interaction_id="int_1", now=NOW)
    reading = Reading(intent=intent, also=also, confidence=0.97, entities=Entities())
    done = effects.carrying_out(decision, message=message, reading=reading, evidence=seen, ruleset=RULES)
    grounds = grounds_of(*done, decision=decision, evidence=seen, mode=mode, language=language)
    text = phrasebook.render(draft.reply(grounds), language)
    assert verify.reply(text, known(grounds), language) == ()
    return text


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("intent", Intent)
def test_whatever_is_asked_the_reply_is_proven(intent, mode):
    assert reply(intent, mode=mode)


@pytest.mark.parametrize("language", phrasebook.LANGUAGES)
def test_several_wishes_are_answered_where_they_may_be(language):
    text = reply(
        Intent.REFUND_POLICY,
        Intent.REFUND_STATUS,
        Intent.ACCOUNT_ACCESS,
        Intent.BILLING_QUESTION,
        language=language,
    )

    assert "30" in text
    assert "inv_" in text


def test_of_several_wishes_a_person_has_what_cannot_be_answered():
    text = reply(Intent.REFUND_REQUEST, Intent.REFUND_POLICY)

    assert "within 30 days" in text
    assert "refunded €" not in text


def test_who_is_charged_twice_is_told_the_invoices_and_who_asks_for_prices_the_plan():
    assert "€49.00" in reply(Intent.DUPLICATE_CHARGE)
    assert "pro" in reply(Intent.PRICING_QUESTION)
