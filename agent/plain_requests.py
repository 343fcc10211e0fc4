"""Is a refund request so plain that a machine may act on it? Every word of it must be one we know the sense of.

Looking for words that speak against a request finds those one thought of, and misses "I forbid you to refund it"
or "refund 10 % of it". So it is the other way round, as with replies: each thought is made of the words below, or
is one of the whole sentences below; anything else, and a person reads the message.
"""

import re

# Words that say who, what and please, in a request. None of them can turn it around, and none is a number.
_POLITE_AND_PLAIN = """
please kindly just now today immediately urgent urgently asap soon hi hello hey dear team there
good morning afternoon evening thanks thank very much in advance best regards cheers
i we me us my our the this that it a an of for on to by and so would like want need get have give pay
send can could may request requesting ask asking claim refund refunded money back
invoice bill payment charge order amount full whole entire last latest most recent paid monthly
subscription am is be was were been are charged billed #id #money
"""
# Reasons, word for word: whole thoughts with a "not" or a "twice" in them of which we know the sense.
_WHOLE_THOUGHTS = """
we never used it
i never used it
never used it
we did not use it
i did not use it
we no longer need it
i no longer need it
charged twice
i was charged twice
we were charged twice
i was charged by mistake
it was a mistake
i bought it by mistake
i ordered it by mistake
give it back
if possible
why was i charged twice
reverse the charge on #id
please reverse the charge on #id
"""
_WORDS = frozenset(_POLITE_AND_PLAIN.split())
_REASONS = frozenset(_WHOLE_THOUGHTS.strip().splitlines())
# "You" only where it is asked or thanked: "I can give you a refund" asks for none.
_TO_US = re.compile(r"\b(?:thank|can|could) you\b")
_QUOTING = re.compile(r"[\"<>«»„“”]|(?<!\w)'|'(?!\w)")


def is_plain(original: str, sentences: str) -> bool:
    """Whether nothing in the message is left unread. `sentences` is the text as `entities.sentences` writes it."""
    thoughts = [thought.strip() for thought in re.split(r"[|,?]", sentences) if thought.strip()]
    return not _QUOTING.search(original) and all(map(_is_known, thoughts))


def _is_known(thought: str) -> bool:
    return thought in _REASONS or _WORDS.issuperset(_TO_US.sub("please", thought).split())
