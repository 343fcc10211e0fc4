"""How values are written, as patterns: amounts, dates, links, ids and the rest, in the habits of six languages."""

import re
from collections.abc import Iterable

from flowops.money import CURRENCIES, SIGNS

CURRENCY_WORDS = {
    r"euros?": "EUR",
    r"(?:us[ -])?dollars?|dólar(?:es)?(?: estadounidenses| americanos)?|dollari|dollaro": "USD",
    r"pounds?(?: sterling)?|pfund|livres?(?: sterling)?|libras?(?: esterlinas)?|sterline|sterlina": "GBP",
    r"swiss francs?|franken|francs suisses|franchi|francos suizos": "CHF",
}
SIGN_WORDS = {
    "US$": "USD", "$US": "USD", "USD$": "USD", "CA$": "CAD", "$CA": "CAD", "A$": "AUD", "AU$": "AUD", "$AU": "AUD",
    "£GB": "GBP", "JP¥": "JPY",
}  # fmt: skip
NUMBER = r"(?:\d{1,3}(?:[ ]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*)"

_HOSTS = (
    "com|net|org|io|de|fr|es|it|pt|eu|example|app|dev|co|uk|info|biz|xyz|support|help|link|me|ly|ru|cn|top|site"
)
_QUOTE = "|".join(
    rf"{opening}[^{opening}{closing}\n]{{1,600}}[{closing}]"
    for opening, closing in (("“", "”“"), ("„", "“”"), ("«", "»"), ("»", "«"), ('"', '"'))
)
_LINK = (
    r"(?:https?://|www\.|(?:[a-z0-9-]+\.)+[a-z]{2,}/)[^\s<>\"“”»)]*(?<![.,;:!?])"
    rf"|(?:[a-z0-9-]+\.)+(?:{_HOSTS})\b(?!@)"
)
_PERCENT = r"%|(?:percent|per ?cent|prozent|pour cent|por ciento|por cento|per cento)\b"
_ID = (
    r"#\w(?:[\w-]*\w)?|\b(?=[\w-]*[\d_])[^\W\d_][\w-]*\w\b"
    r"|\b\d{3,}-(?-i:[A-Z]{1,3}|\d{3,})\b(?!-)"
)
# Abbreviations whose full stop ends no sentence.
_SHORT = (
    r"i\.e\.|e\.g\.|z\. ?b\.|d\. ?h\.|p\. ?ej\.|p\. ?ex\.|etc\.|bzw\.|ca\.|inkl\.|mr\.|mrs\.|ms\.|dr\.|nr\.|no\."
    r"|n\.º|nº|n°|núm\.|ref\.|réf\.|rif\.|sr\.|sra\.|sig\.(?:ra)?|mme\b|m\.(?= [A-Z])|n\."
)
_SMILES = "😊🙂😀😃☺👋🙏"
_YEAR = r"(?:,?[ ](?:of[ ]|de[ ]|del[ ]|do[ ])?(?P<y{}>\d{{4}})\b)?(?![.,]?\d)"
_ABBREVIATED = r"(?:(?-i:\.(?=[ ]?[\d,;a-z])))?"  # the full stop of "3 Sept. 2026", not that of a sentence
_ORDINAL = r"(?:st|nd|rd|th|er|ro|o|\.|º|°)?"


def layout(months: Iterable[str]) -> re.Pattern[str]:
    """Marks of layout, not of speech: bullets, step numbers (but not "3. Mai"), bold, headings, smiles."""
    step = rf"\d{{1,2}}[.)](?![ ](?:{any_of(months)})\b)"
    bold = r"\*\*|(?<![\w-])__|__(?![\w-])"
    return re.compile(rf"(?mi)^[ \t]*(?:[-*•–]|{step})[ \t]+|{bold}|^#{{1,4}}[ ]|[{_SMILES}]")


def kinds(months: Iterable[str], weekdays: Iterable[str], numbers: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Each kind of token with its pattern, in the order in which they are tried."""
    return (
        ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
        ("url", _LINK),
        ("quote", rf"{_QUOTE}|(?<!\w)'[^'\n]{{1,600}}'(?!\w)"),
        ("phone", r"(?<!\w)(?:\+|00)[ ]?\d[\d ()/.-]{5,}\d"),
        ("date", _dates(any_of(months), any_of(weekdays))),
        ("money", _amounts(any_of(numbers))),
        ("percent", rf"(?<![\w.,]){NUMBER}[ ]?(?:{_PERCENT})"),
        ("id", _ID),
        ("short", rf"(?<!\w)(?:{_SHORT})(?= ?\S)"),
        ("clock", r"\b\d{1,2}:\d{2}\b"),
        ("number", rf"(?<![\w.,]){NUMBER}(?!\w)|(?<![\w.,])\d{{1,3}}(?=(?:h|hrs?|j)\b)"),
        ("word", r"[^\W\d_]+(?:-[^\W\d_]+)*'?"),
        ("newline", r"\n"),
        ("dots", r"\.\.\.|…"),
        ("sign", r"\S"),
    )


def any_of(names: Iterable[str]) -> str:
    """Any of the names, the longest first; of none, nothing."""
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True)) or r"(?!)"


def _dates(months: str, weekdays: str) -> str:
    day_month = rf"(?P<d1>\d{{1,2}}){_ORDINAL}[ ](?:of[ ]|de[ ])?(?P<m1>{months})\b{_ABBREVIATED}{_YEAR.format(1)}"
    month_day = rf"(?P<m2>{months})\b{_ABBREVIATED}[ ](?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d){_YEAR.format(2)}"
    return (
        rf"(?:\b(?P<weekday>{weekdays})\.?,?[ ](?:(?:the|den|dem|le|el|dia|día|giorno)[ ])?)?(?:"
        r"(?P<iso>(?<![\w-])\d{4}-\d{2}-\d{2})(?![\w-])"
        r"|(?<![\w.,])(?P<dmy>\d{1,2}\.[ ]?\d{1,2}\.[ ]?\d{4}|\d{1,2}/\d{1,2}/\d{4})(?!\w)"
        r"|(?<![\w.,])(?P<dm>\d{1,2}\.\d{1,2}\.)(?!\d)"
        rf"|(?<![\w.,]){day_month}|\b{month_day})"
    )


def _amounts(spelled: str) -> str:
    sign = rf"(?:{'|'.join((*map(re.escape, SIGN_WORDS), *CURRENCIES))}|[{''.join(SIGNS)}])"
    words = "|".join(CURRENCY_WORDS)
    return (
        rf"(?<![\w.,]){sign}[ ]?{NUMBER}(?!\w)"
        rf"|(?:(?<![\w.,]){NUMBER}|\b(?:{spelled}))[ -]?(?:{sign}(?![\w$€£¥])|(?:{words})\b)"
    )
