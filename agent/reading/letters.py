"""A message without its greeting and signature, and its sentences."""

import re

_GREETING = re.compile(
    r"(?:(?:hi|hii+|hello|hey|heya|hiya|howdy|dear|greetings|good (?:morning|afternoon|evening|day)|to whom it may concern"
    r"|hallo|guten (?:tag|morgen|abend)|moin|servus|sehr geehrte[rs]?|bonjour|bonsoir|salut|hola|buenos d[ií]as|buenas(?: tardes| noches)?|estimados?"
    r"|buongiorno|buonasera|ciao|salve|gentile|gentili|ol[aá]|oi|bom dia|boa tarde|boa noite|car[oa]s?)\b"
    r"(?: (?:there|team|all|everyone|everybody|folks|guys|support|customer|service|billing|people|sir|madam|or|and|/|damen|und|herren|zusammen|[A-Z][\w'-]+)\b){0,5}"
    r" ?[,!.:;-]* *)+",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"(?<=[.!?,)]) (?:-+ ?)?(?:(?:many|kind|best|warm|kindest|warmest|with best|with kind|all the|thanks and|mit freundlichen|viele|liebe|beste|bien|cordiali|distinti|un)"
    r" )?(?:thanks|thank you|thx|tnx|ta|cheers|regards|rgds|best|br|wishes|sincerely|yours|respectfully|gr[uü](?:ß|ss)en?|gr[uü](?:ß|ss)e?|mfg|vg|lg|danke"
    r"|merci|cordialement|gracias|saludos|grazie|saluti|obrigad[oa]|cumprimentos|atenciosamente|abra[cç]os?)\b"
    r"(?:[ ,.!]*(?!(?:for|that|but|and|if|can|could|please|i|we|you|my|the|is)\b)[\w@#&'().+|/-]+){0,8}[ ,.!]*$",
    re.IGNORECASE,
)
_END = re.compile(r"(?<=[.!?])[\"')]* +(?=\S)|(?<=[a-z0-9)]) +- +(?=[A-Za-z])|; +")


def body(plain: str) -> str:
    """The message without greeting and signature; all of it where nothing else is in it."""
    without = _GREETING.sub("", plain, count=1) if _GREETING.match(plain) else plain
    without = _SIGNATURE.sub("", without)
    return without if re.search(r"\w", without) else plain


def sentences(body: str) -> list[str]:
    """The sentences of a body that say something, in order."""
    return [sentence for sentence in _END.split(body) if len(sentence.split()) > 1]
