"""Numbers in words: "fifty", "a hundred and twenty", "two thousand five hundred". English, up to 999,999."""

import re

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}
_TEN = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_UNITS[1:10])}))?|{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
_HUNDRED = rf"(?:(?:(?:an?|{_TEN})[ -])?hundred(?:[ ](?:and[ ])?{_TEN})?|{_TEN})"
# A whole number in words, lower case.
PATTERN = rf"(?:(?:(?:an?|{_HUNDRED})[ -])?thousand(?:[ ](?:and[ ])?{_HUNDRED})?|{_HUNDRED})"


def value(words: str) -> int:
    """The number that `PATTERN` found."""
    total = part = 0
    for word in re.split(r"[ -]", words.lower()):
        match word:
            case "and" | "a" | "an":
                continue
            case "hundred":
                part = max(part, 1) * 100
            case "thousand":
                total, part = max(part, 1) * 1000, 0
            case _:
                part += _VALUES[word]
    return total + part
