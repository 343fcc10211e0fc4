"""Patterns: what each mark means, and that a text is read wholly or not at all."""

import pytest

from agent import parse
from agent.grammar import MOST_STEPS, Capture, Exhausted, NotAPattern, Patterns, Reader, SlotKind, shape_of
from agent.phrasebook import book
from agent.tokens import normal

TOKENS = book("fr").tokens  # French words, so that no English word is left unheard


def ends(pattern, text, **named):
    patterns = Patterns(named, lambda name: SlotKind(frozenset((name,)), 2), TOKENS.keys)
    tokens = TOKENS.of(normal(text))
    found = patterns.compile(pattern).ends(Reader(shape_of(tokens)), 0)
    return [end.captures for end in found if end.at == len(tokens)]


@pytest.mark.parametrize(
    ("pattern", "text", "reads"),
    [
        ("one two", "One two", True),
        ("one two", "one", False),
        ("one (two|three four)", "one three four", True),
        ("one (two|three four)", "one two four", False),
        ("one [two] three", "one three", True),
        ("one (two|three)*", "one two three two", True),
        ("one (two|three)+", "one", False),
        ("one (two|three)+ four", "one three four", True),
        ("one \\(two\\)", "one (two)", True),
        ("<both> three", "one two three", True),
        ("money", "€49", False),
        ("one {money}", "one €49", True),
        ("one {money}", "one money", False),
    ],
)
def test_a_pattern_reads_just_what_it_spells_out(pattern, text, reads):
    assert (ends(pattern, text, both="one two") != []) == reads


def test_slots_are_filled_by_tokens_and_by_constants():
    assert ends("full{percent=100} {money}", "full €49") == [
        (Capture("percent", 1, 1, "100"), Capture("money", 1, 2)),
    ]


def test_a_sentence_that_takes_too_many_steps_is_not_read():
    reader = Reader(())
    reader.steps = MOST_STEPS
    with pytest.raises(Exhausted):
        reader.step()


@pytest.mark.parametrize("text", ["Lea, " * 60, "word " * 300, "(" * 500], ids=["names", "long", "brackets"])
def test_a_hostile_sentence_is_unread_and_said_to_be(text):
    (sentence,) = parse.reply(text, "en", [("name", "Lea")])
    assert (sentence.readings, sentence.unread != "") == ((), True)


def test_a_very_long_reply_is_read_to_its_end():
    sentences = parse.reply("We have refunded €39.00 for invoice inv_1. " * 2000 + "Trust me.", "en")
    assert (len(sentences), sentences[-1].readings) == (2001, ())


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("(one", "'\\(' is not closed"),
        ("one)", "'\\)' is not opened"),
        ("one [two", "'\\[' is not closed"),
        ("<nobody>", "<nobody> is not defined"),
        ("<itself>", "<itself> uses itself"),
    ],
)
def test_a_malformed_pattern_is_refused(pattern, fault):
    with pytest.raises(NotAPattern, match=fault):
        ends(pattern, "one", itself="one <itself>")
