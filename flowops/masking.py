"""Card numbers, bank accounts and keys out of what people write, before it is stored, logged or sent on.

A number is taken for one only where its check digits say so (Luhn, ISO/IEC 7812-1; mod 97, ISO 13616), a key only where it
has the shape of one; so an invoice number stays.
"""

import re
from re import Match

_GAP = r"[\s.\-\u2010-\u2015\u2212\u00b7\u00ad\u200b-\u200f\u2060\ufeff/]{0,3}"
_CARD = re.compile(rf"(?<![\w€$£¥])(?<![€$£¥] )\d(?:{_GAP}\d){{12,18}}(?!\w|[.,]\d)")
_IBAN = re.compile(
    rf"(?<![^\W_])(?P<country>[A-Z]{{2}}){_GAP}\d{_GAP}\d(?:{_GAP}[A-Z0-9]){{11,30}}", re.IGNORECASE | re.ASCII
)
# Characters of an IBAN by country, from the IBAN registry (ISO 13616, SWIFT, release 98).
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD FK", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "FR GR IT MC MR SM BI DJ", 28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA",
        30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
_KEY = re.compile(
    r"""
    (?<![\w-])(?:
        flow_[a-z]+_\w{16,}
      | (?:sk|pk|rk|whsec)[_-](?:live_|test_|proj-|ant-)?[\w-]{16,}
      | gh[pousr]_\w{30,} | github_pat_\w{30,} | glpat-[\w-]{16,}
      | xox[abprs]-[\w-]{10,} | AKIA[0-9A-Z]{16} | AIza[\w-]{30,} | ya29\.[\w-]{20,} | SG\.[\w-]{16,}\.[\w-]{16,}
      | eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}
    )(?![\w-])
  | (?i:(?:api|secret|access|auth)[ _-]?(?:key|token)|password|passwd|bearer)(?:[ ]is)?[ ]?[:=]?[ ]?["'`]?
        (?P<said>(?=[\w+/=.-]*\d)(?=[\w+/=.-]*[A-Za-z])[\w+/=.-]{20,})
    """,
    re.VERBOSE,
)


def masked(text: str) -> str:
    """`text` with a note in place of each card number, IBAN and key. Masking twice changes nothing."""
    if not any(character.isdigit() for character in text):
        return text
    text = _KEY.sub(_key, text)
    text = _IBAN.sub(_iban, text)
    return _CARD.sub(_card, text)


def _key(found: Match[str]) -> str:
    if said := found["said"]:
        return found.group().replace(said, "[key removed]")
    return "[key removed]"


def _iban(found: Match[str]) -> str:
    """The pattern may have run on into the next words: as many characters as the country's numbers have are looked at."""
    characters = list(re.finditer(r"[A-Za-z0-9]", found.group()))
    length = _LENGTHS.get(found["country"].upper(), len(characters))
    iban = "".join(match.group() for match in characters[:length]).upper()
    if len(iban) < length or _mod_97(iban) != 1:
        return found.group()
    return f"[bank account ending {iban[-4:]}]{found.group()[characters[length - 1].end() :]}"


def _mod_97(iban: str) -> int:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97


def _card(found: Match[str]) -> str:
    digits = re.sub(r"\D", "", found.group())
    if not _is_luhn(digits):
        return found.group()
    return f"[card ending {digits[-4:]}]"


def _is_luhn(digits: str) -> bool:
    """The last digit checks the others. All zeros would pass, and are no card."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return digits.strip("0") != "" and (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
