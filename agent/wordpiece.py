"""Word pieces, as uncased BERT was taught to read them: a text in small letters, cut at blanks, signs and Chinese
characters, and each word, from its start, into the longest pieces known; one within a word is written `##piece`.

Unlike in BERT's own tokenizer, no text stands for a marker: "[SEP]" in a message is a word between two signs.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

UNKNOWN, START, END = "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD = 100  # characters; a longer word is unknown as a whole
_CHINESE = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)
# Controls, formats, private use, half a surrogate pair, accents. What Unicode did not know yet is kept: new emoji.
_LEFT_OUT = {"Cc", "Cf", "Co", "Cs", "Mn"}


def words(text: str) -> list[str]:
    """Small letters without accents, as words; each sign and each Chinese character is a word by itself."""
    return "".join(map(_seen, unicodedata.normalize("NFD", text))).split()


@lru_cache(maxsize=4096)
def _seen(character: str) -> str:
    """A decomposed character as it is read: left out, a blank, by itself between blanks, or as a small letter."""
    category = unicodedata.category(character)
    if character in "\t\n\r" or category[0] == "Z":
        return " "
    if category in _LEFT_OUT or character == "\N{REPLACEMENT CHARACTER}":
        return ""
    if _stands_alone(character, category):
        return f" {character} "
    return character.lower()


def _stands_alone(character: str, category: str) -> bool:
    ascii_sign = category[0] == "S" and character.isascii()  # BERT takes $ + < = > ^ ` | ~ for punctuation
    return ascii_sign or category[0] == "P" or any(first <= ord(character) <= last for first, last in _CHINESE)


@dataclass(frozen=True)
class WordPieces:
    """A vocabulary: the number of each piece, and of the markers; how many characters the longest piece has."""

    numbers: dict[str, int]
    unknown: int
    start: int
    end: int
    longest: int

    @classmethod
    def of(cls, pieces: Sequence[str]) -> "WordPieces":
        """Pieces are numbered from 0 in their order. Raises KeyError where a marker is not among them."""
        numbers = {piece: number for number, piece in enumerate(pieces)}
        return cls(numbers, numbers[UNKNOWN], numbers[START], numbers[END], max(map(len, pieces)))

    def of_text(self, text: str, most: int) -> list[int]:
        """The numbers of the text's pieces between START and END, cut off at `most` in all."""
        pieces = chain.from_iterable(map(self._of_word, words(text)))
        return [self.start, *islice(pieces, most - 2), self.end]

    def _of_word(self, word: str) -> list[int]:
        """A word of which a part is unknown is unknown as a whole."""
        if len(word) > LONGEST_WORD:
            return [self.unknown]
        found, rest, prefix = [], word, ""
        while rest:
            lengths = range(min(len(rest), self.longest), 0, -1)
            length = next((length for length in lengths if prefix + rest[:length] in self.numbers), 0)
            if not length:
                return [self.unknown]
            found.append(self.numbers[prefix + rest[:length]])
            rest, prefix = rest[length:], "##"
        return found
