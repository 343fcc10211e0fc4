"""T1 as a property: what is true is never blocked, what is one slot away from it always is; in every language.

`make truth` runs it at full length: 200 customers a situation, and 20,000 examples a property.
"""

import os
import random
import re

import pytest

from agent import phrasebook, verify
from agent import statements as say
from tests.agent import truths

ROUNDS = int(os.environ.get("TRUTH_ROUNDS", "2"))
CASES = [(language, situation) for language in phrasebook.LANGUAGES for situation in truths.SITUATIONS]


def customers(situation):
    return (truths.known(random.Random(f"{situation} {seed}"), situation) for seed in range(ROUNDS))


@pytest.mark.parametrize(("language", "situation"), CASES)
def test_what_is_so_is_never_blocked(language, situation):
    for known in customers(situation):
        for statement in truths.truths(known):
            text = phrasebook.render([statement], language)
            assert (text, verify.reply(text, known, language)) == (text, ())


@pytest.mark.parametrize(("language", "situation"), CASES)
def test_a_whole_reply_of_truths_is_never_blocked(language, situation):
    for known in customers(situation):
        text = phrasebook.render(truths.truths(known), language)
        assert verify.reply(text, known, language) == ()


@pytest.mark.parametrize(("language", "situation"), CASES)
def test_what_is_one_slot_away_from_the_truth_is_always_blocked(language, situation):
    blocked = 0
    for known in customers(situation):
        for truth in truths.truths(known):
            for lie in truths.lies(truth, known):
                text = _written(lie, truth, language)
                if text is not None:
                    assert verify.reply(text, known, language) != (), text
                    blocked += 1
    assert blocked > 20 * ROUNDS


def _written(lie, truth, language):
    """The lie as a sentence; None for the opposite of what has no opposite in our words."""
    try:
        return phrasebook.render([lie], language)
    except KeyError:
        if lie.negated == truth.negated:
            raise
        return None


ACTORS = {
    "en": [
        (r"\bWe have\b", "You have"),
        (r"\bWe have\b", "Your bank has"),
        (r"a member of our team", "your bank"),
    ],
    "de": [(r"\bWir haben\b", "Sie haben"), (r"\bWir haben\b", "Ihre Bank hat")],
    "fr": [(r"\bNous avons\b", "Vous avez"), (r"\bNous avons\b", "Votre banque a")],
    "es": [(r"\bHemos\b", "Usted ha"), (r"\bHemos\b", "Su banco ha")],
    "it": [(r"\bAbbiamo\b", "Lei ha"), (r"\bAbbiamo\b", "La sua banca ha")],
    "pt": [(r"\bNós |\b(?=[A-Z])", "O seu banco ")],
}


@pytest.mark.parametrize("language", phrasebook.LANGUAGES)
def test_another_actor_is_blocked(language):
    known = truths.known(random.Random(1), "done")
    deeds = (
        say.RefundIssued,
        say.PassedToPerson,
        say.EmailSent,
        say.Cancelled,
        say.PlanChanged,
        say.InvoiceCreated,
    )
    changed = 0
    for statement in truths.truths(known):
        text = phrasebook.render([statement], language)
        for actor, other in ACTORS[language] if isinstance(statement, deeds) else ():
            lie = re.sub(actor, other, text, count=1)
            if lie != text:
                changed += 1
                assert verify.reply(lie, known, language) != (), lie
    assert changed >= len(deeds)
