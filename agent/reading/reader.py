"""The trained reader: what a message wants and names, and how sure that is. Pure; equal texts, equal readings.

`manage.py understand` reads with it. The turn still reads by the rules of `agent.understand`.
"""

import math
from datetime import date

from agent import languages
from agent.reading import artifact, features, letters, named, readable, risk
from agent.reading.names import Names
from agent.reading.text import plain as to_plain
from agent.values import Entities, Part, Reading
from policy.values import Intent

ALSO_FROM = 0.97  # a sentence that wants something else must be as sure as this
SHORTEST_WISH = 3  # words; less is no second wish
_NO_WISH = {Intent.SMALLTALK, Intent.OUT_OF_SCOPE}
# These mention charges and invoices to say what they are about; that is no second wish.
_ABOUT = {
    Intent.REFUND_REQUEST: {
        Intent.DUPLICATE_CHARGE,
        Intent.BILLING_QUESTION,
        Intent.REFUND_POLICY,
        Intent.REFUND_STATUS,
    },
    Intent.REFUND_STATUS: {Intent.REFUND_REQUEST, Intent.BILLING_QUESTION},
    Intent.DUPLICATE_CHARGE: {Intent.REFUND_REQUEST, Intent.BILLING_QUESTION},
    Intent.UNRECOGNIZED_CHARGE: {Intent.BILLING_QUESTION, Intent.REFUND_REQUEST},
}

NAMES = Names()
Probabilities = dict[Intent, float]


def message(text: str, *, today: date, names: Names = NAMES) -> Reading:
    """Read one message; any text has a reading."""
    plain = to_plain(text)
    found = named.find(plain, today=today, names=names)
    shown = readable.text(plain.text, found)
    words = features.tokens(shown)
    language = languages.readable(plain.text)
    entities = Entities(found=named.placed(found, plain, text))
    flags = tuple(flag.value for flag in risk.flags(words))
    answer_in = languages.sure(text) or languages.ENGLISH
    if language is None or not any(word.isalpha() for word in words):
        return Reading(
            intent=Intent.OUT_OF_SCOPE,
            confidence=0.0,
            out_of_scope=1.0,
            entities=entities,
            flags=flags,
            language=answer_in,
            read_in=None,
        )
    body = readable.body(shown)
    whole = _probabilities(language, body)
    intent = max(whole, key=whole.__getitem__)
    confidence = round(whole[intent], 4)
    model = artifact.linear(language).language
    return Reading(
        intent=intent,
        confidence=confidence,
        also=_wishes(language, body, intent)[1:],
        entities=entities,
        language=answer_in,
        read_in=language,
        out_of_scope=round(whole[Intent.OUT_OF_SCOPE], 4),
        sure_from=model.sure_from,
        flags=flags,
        parts=(Part(why="the words of the message", log_odds=round(log_odds(confidence), 2)),),
        model=artifact.header().version,
    )


def log_odds(probability: float) -> float:
    kept = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(kept / (1 - kept))


def _probabilities(language: str, text: str) -> Probabilities:
    """Of each intent, by the language's model, calibrated."""
    model = artifact.linear(language)
    logits = [one / model.language.temperature for one in model.logits(features.tokens(text))]
    most = max(logits)
    raised = [math.exp(one - most) for one in logits]
    total = sum(raised)
    return {intent: one / total for intent, one in zip(model.intents, raised, strict=True)}


def _wishes(language: str, body: str, intent: Intent) -> tuple[Intent, ...]:
    """The wish of the whole, and others that single sentences are about beyond doubt, in their order."""
    if intent in _NO_WISH:
        return (intent,)
    wishes = [intent]
    for sentence in letters.sentences(body):
        if len(sentence.split()) >= SHORTEST_WISH:
            read = _probabilities(language, sentence)
            other = max(read, key=read.__getitem__)
            if read[other] >= ALSO_FROM and other not in _NO_WISH and other not in _ABOUT.get(intent, ()):
                wishes.append(other)
    return tuple(dict.fromkeys(wishes))
