"""What a customer's message asks for and names. Rules over English words first, for they are exact; what they
do not
understand, the trained reader may. Pure: no clock, no chance."""

import re
from collections.abc import Iterator
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from agent import entities, languages, plain_requests
from agent.reading import features, reader, risk
from agent.values import Reading
from policy.values import Intent

# Of several clear wishes the first here is the primary one: people over machines, acts over answers.
PRECEDENCE = (
    Intent.TALK_TO_HUMAN,
    Intent.REFUND_REQUEST,
    Intent.CANCEL_SUBSCRIPTION,
    Intent.REFUND_STATUS,
    Intent.REFUND_POLICY,
    Intent.BILLING_QUESTION,
    Intent.ACCOUNT_ACCESS,
)
# These mention charges and invoices to say what they are about; that is no second wish.
ABOUT_A_CHARGE = {Intent.REFUND_REQUEST, Intent.REFUND_STATUS}

CLEAR = 0.95
HINT = 0.8
NOT_PLAIN = 0.7  # a refund is asked for, and something else is said that a person should read
LOST_HINT = 0.6  # a hint somewhere in a long story
UNKNOWN = 0.3
UNREADABLE = 0.2
LONG_STORY = 120  # words

# Short names that the cues below are written with.
_NAMES = {
    "REFUND": r"refund(?:s|ed|ing)?",
    "THE": r"(?:my|our|the|that|this|your)",
    "RULES": r"(?:polic(?:y|ies)|rules?|terms|conditions?|window|period|deadline|guarantee|eligibility|"
    r"process|limits?|time ?limits?|time ?frame|rights?)",
    "ASK": r"(?:what|which|how|where|when|who|why|is|are|do|does|can|could|tell|explain|know|read|see|share|"
    r"send|show|about|question|understand|details?|information|describe)",
    "CAN": r"(?:can|could|may|do|does|would|will|am|is|are)",
    "PERIOD": r"(?:\d+|an?|one|two|three|six|ten|the|my|your|\w+teen|\w+ty)(?: free| billing| first|"
    r" trial)?[ -](?:days?|weeks?|months?|years?|trial|period|deadline)",
    "IF": r"(?:once|unless|if(?! not| possible| you can| you could| that))",
    "NOT": r"(?:(?<!why )(?:do|did|does|would|should|am|are|is|was|were) not|(?<=[|,~] )not|no longer|never|"
    r"without|no need)",
    "FILLER": r"(?: (?:want|wanted|need|wish|ask|asking|asked|looking|like|require|request|requesting|"
    r"seeking|for|to|an?|any|my|our|this|that|the|you|me|us|i|we|get|be|issue|give|really|actually|even|"
    r"think|know|if|talk|speak|with|credit|or|nor|full|partial|your|another|real)){0,9}",
    "WANT": r"(?:want|wants|need|demand|request|requesting|like|expect|get|give|issue|process|make|send|"
    r"require|claim|asking for|ask for|apply for|initiate|deserve|owe|entitled to|can i have|could i have|"
    r"may i have)",
    "PERSON": r"(?:humans?|person|people|agents?|representatives?|reps?|operators?|managers?|supervisors?)",
    "KIND": r"(?:(?:an?|the|your|any|some|real|live|actual|human|support|account|customer|service) ){0,4}",
    "MONEY": r"(?:it|this|that|them|THE (?:\w+ )?(?:money|cash|payment|charge|amount|#money)|#money|"
    r"what i paid)",
    "PLAN": r"(?:subscriptions?|plans?|memberships?|accounts?|services?|renewals?|contracts?|trial|"
    r"auto-?renew\w*|everything)",
    "BILL": r"(?:invoices?|bills?|billing|charges?|payments?|receipts?|fees?|transactions?|#id)",
    "PAID": r"(?:over|double[ -]?)?(?:charged|charging|billed|billing|invoiced|debited)",
    "LOGIN": r"(?:(?:log|logged|logging|sign|signed|signing)[ -]?(?:in|on)|logins?|passwords?)",
    "START": r"(?<=\| )(?:(?:hi|hello|hey|ok|okay|yes|no|thanks|please|sorry|just|,) ){0,3}",
    "END": r"(?= [|,~])",
    # Some words of the same thought. Possessive and bounded: time stays linear in the text.
    "..": r"(?: (?!and |but |so |then )[^\s|~,?]++){0,7}?",
}

_NAME = re.compile("|".join(map(re.escape, _NAMES)))


class _Cue(Struct, frozen=True):
    """Words that speak for an intent; for None, words that ask for nothing."""

    intent: Intent | None
    confidence: float
    words: re.Pattern[str]


def _cue(intent: Intent | None, confidence: float, ways: str) -> _Cue:
    alternatives = "|".join(way.strip() for way in ways.strip().splitlines())
    return _Cue(intent, confidence, re.compile(rf"(?<!\w)(?:{_spelled(alternatives)})(?!\w)"))


def _spelled(words: str) -> str:
    return _NAME.sub(lambda name: _spelled(_NAMES[name.group()]), words)


# In the text that cues read, "|" ends a sentence, "~" is what an earlier cue has read, #id an invoice and
# #money an amount. A line is a way to say it; a deeper line goes on with the alternatives before it.
_STATUS = r"""
    (?:where|what happened|any news|any update|update).. REFUND(?! RULES)
    when (?:will|do|does|should|is|are|can i expect).. (?:THE (?:\w+ )?refund|refund for #id|refunded
        refund me)
    (?<!i )(?<!we )(?<!you )(?:was|were|has|have|had|did) (?:i|we|you|they|my|it|this|that|the|#id
        invoice)(?! (?:want|ask)).. (?:refunded|refund)
    (?:is THE|do i get THE|will i (?:\w+ )?(?:get|receive) THE
        am i (?:\w+ )?getting THE) refund(?! RULES| IF)
    (?:is|are) #id (?:\w+ )?refunded
    why (?:was|is|has|did|have|were).. refund(?:ed)?
    not (?:\w+ )?(?:received?|gotten|got|get|seen?|had|have) (?:any|a|THE) (?:\w+ )?refund
    (?:not|never) (?:yet |ever )?(?:got |received )?(?:been |be )?(?:refunded|THE refund)
    (?:you|they|nobody|flowops) (?:\w+ )?(?:not|never) refund
    (?:waiting|wait) (?:for|on) (?:a|THE) (?:\w+ )?refund
    (?:i|we) (?:have |had |already )*(?:requested|asked for|applied for) (?:an?|THE) refund(?: (?:for
        of|on) #id)?
    how (?:long|soon|much longer).. (?:my|the|this) refund(?! RULES)
    (?:got|received|been given) (?:an?|THE) (?:\w+ )?refund(?: (?:for|of|on) #id)?
    still no refund|no refund (?:yet|has|received|arrived|came|so far)
    refunds? (?:status|progress|update|tracking|eta)|status (?:of|on|for).. REFUND
    (?:check|track|follow up)(?: up)?(?: on)? THE refund
    THE refund (?:request )?(?:for #id )?(?:\w+ )?(?:has|is|was|went|did|still|never|late|missing
        pending|arrived|processed)
"""
_POLICY = r"""
    ASK.. REFUND RULES|REFUND RULES.. \?|START(?:your |the )?REFUND RULESEND
    ASK.. RULES (?:on|for|about|of|around|regarding).. REFUND|RULES (?:on|for|about|of).. REFUND.. \?
    how (?:long|many|much time|late|soon|quickly|fast|does|do|are|is|would|much
        to).. REFUND(?! (?:for )?#id)
    how (?:can|could|should) (?:i|we|one|customers).. REFUND(?! (?:for )?#id)
    (?:when|under what|who|which|what|until when|in which).. (?:can|could|may|are|is|happens|do|gets?
        if).. REFUND
    CAN.. REFUND.. (?:(?:after|within|past|beyond|later than|older than) PERIOD|PERIOD (?:after
        later)|IF)[^|]{0,80}
    CAN (?:i|we).. REFUND (?:on|for|of) (?:an? |any )(?:annual|yearly|monthly|unused|old|older|free
        pro|enterprise)
    (?:(?:after|within|past|beyond) PERIOD|PERIOD later|IF)(?: [^\s|~?]++){0,12}? (?:(?:can|could|do
        would|will|may|am) (?:i|we)|(?:will|would|do) you|are \w+|is \w+).. REFUND
    (?:can|could|may) (?:i|we) still.. REFUND
    CAN.. refunds|(?:do|does) (?:i|we|you|flowops|THE company).. REFUND
    (?:can|could|will|would|do|does) (?:flowops|customers|users|people|anyone|someone|one).. REFUND
    (?<!i )(?<!we )(?:is|are|am|do|does|would).. (?:too late|eligible|entitled|qualify|allowed
        possible|available).. REFUND(?! (?:for )?#id)
    (?:is|are) (?:a |there )?(?:\w+ )?refunds?.. \?|(?:is|are).. (?:non-?)?refundable
    (?:is|are).. REFUND.. (?:possible|allowed|available)|refunds? still (?:possible|allowed)|STARTrefunds \?
    (?:know|ask|check|tell me|see|clarify|confirm|understand) (?:whether|how|what|if(?! you| THE)).. REFUND
    (?:are|do|does|is|would) (?:\w+ )?(?:invoices|payments|charges|plans|subscriptions).. REFUND
    (?:about|explain|regarding) (?:your |the |how )?refunds
"""
_NOT_WANTED = r"""
    NOTFILLER REFUND(?: (?:for|of|on))?(?: #id)?
    NOTFILLER (?:cancel|close|end)(?:ing)?(?: (?:THE|it))?(?: (?:\w+ )?PLAN)?
    NOTFILLER (?:escalate|PERSON|someone|somebody)
    no (?:\w+ ){0,2}(?:refund|PERSON|cancellation) (?:is |was |will be )?(?:needed|necessary|required
        wanted|please)
    (?:want|wants|need|request|require|is) no (?:more )?refunds?|START(?:no )refundsEND
        no refund(?= [|,])
    (?:refund|PERSON) (?:is |was |will be )?not (?:needed|necessary|required|wanted)
    (?:forget|skip|withdraw|drop|cancel|stop|never ?mind|instead of|rather than)(?: about)? (?:an?
        any|THE) refunds?(?: request)?
"""
_HUMAN = r"""
    (?:talk|speak|speaking|talking|chat|connect|transfer|escalate|hand|pass|put)(?: \w+){0,3} (?:to
        with|through to) KIND(?:PERSON|someone|somebody|support|team)
    (?:get|want|need|give me|like|request|ask for|bring me|find me
        call)(?: me)?(?: to)? KINDPERSON(?! (?:email|name|key))
    STARTKINDPERSON(?: please| now| , please)?END
    (?:is|are) there (?:\w+ ){0,3}(?:human|person|anyone|someone|somebody) (?:there|here|available|i can)
    (?:PERSON|someone|somebody) (?:\w+ )?(?:call|phone|contact) me|PERSON help
    escalate (?:this|it|my|the)(?: \w+)?|(?:human|live|real) (?:support|help|agent|person|being
        assistance)
"""
_REFUND = r"""
    WANT(?: (?!about )[^\s|~,?]++){0,6}? REFUND
    (?:[|~,]|and|please|pls|kindly|then|just|also|now|or|must|should|you|to|so|plus|but|not) refund
    START(?:(?!THE )[\w#]+ ){0,2}refund(?: please)?END
    (?<!my )(?<!the )(?<!that )refund (?:me|us|my|our|this|that|the|it|them|everything|both|all|#id
        #money|invoice|immediately|for|of|\d+)
    refund (?:please|request|now|asap|required|needed)
    (?:give|pay|send|return|get|want|put|transfer|need|have)(?: me| us)? MONEY(?: right)? back
    (?:give|pay|send|get)(?: me| us)? back MONEY|(?:pay|credit) (?:me|us|it) back|return MONEY(?: to me)?
    (?:reverse|undo) THE (?:\w+ )?(?:charge|payment|transaction)|(?:want|need|like|have) MONEY returned
"""
_CANCEL = r"""
    (?:end THE|(?:cancel|cancelling|canceling|terminate|discontinue|stop|close|delete|quit|unsubscribe
        turn off|disable)..) PLAN
    unsubscribe(?: me)?|stop (?:charging|billing) (?:me|us)|cancel #money (?:plan|subscription)
    START(?:i )?cancel(?: it| now| please| , please)?END
    (?:want|like|need|wish|have|going|how) to cancel(?! (?:\w+ ){0,2}(?:refund|invoice|order|ticket
        request|payment))
"""
_ACCOUNT = r"""
    api[ -]?(?:keys?|tokens?|access)|LOGIN|locked out|two-factor|2fa|mfa
    (?:what|which|is|upgrade|downgrade|change|switch|move|current|about).. (?:plan|tier)
    (?:access|get into|reach|unlock|reactivate|verify|recover|open|update|change|about
        suspended).. THE (?:\w+ )?account
    THE (?:\w+ )?account (?:is|was|has|does|details|settings|status|email|name|information|not|locked
        suspended|disabled)
    (?:email|e-mail|name|user|users|seats?|details) (?:on|in|of|for|to) THE account
"""
_BILLING = r"""
    (?:why|what|how|when|which|explain|describe|understand|question|wrong|about|mistake|dispute
        regarding).. (?:PAID|BILL)
    (?:was|were|been|got|am|are|being|is|be|you|keep|keeps|get|have) (?:\w+ ){0,2}PAID|PAID (?:twice
        again|me|us|two times|#money)
    (?:send|get|download|need|show|find|see|email|where|copy|view|resend|list|want|have|look
        check).. BILL
    (?:is|was|has|did|are|do|does|can).. BILL|(?:duplicate|double|unknown|unexpected|unrecognized
        wrong) (?:\w+ )?BILL
    BILL.. (?:recogni[sz]e|wrong|incorrect|missing|unclear|too high)|what did (?:i|we) pay
    how much.. (?:owe|pay|paid|cost|costs)|(?:update|change|add|new|expired).. (?:card|payment method
        billing)
"""

# Asked in this order; what one cue has read, the next cannot read again.
CUES = (
    _cue(Intent.TALK_TO_HUMAN, CLEAR, r"NOTFILLER (?:(?:to|with|this|a) )*(?:(?:chat)?bot|robot|machine|ai)"),
    _cue(Intent.CANCEL_SUBSCRIPTION, CLEAR, r"NOTFILLER (?:auto-?)?renew(?:ed|al)?(?: THE)?(?: PLAN)?"),
    _cue(Intent.REFUND_STATUS, CLEAR, _STATUS),
    _cue(Intent.REFUND_POLICY, CLEAR, _POLICY),
    _cue(None, HINT, _NOT_WANTED),
    _cue(Intent.TALK_TO_HUMAN, CLEAR, _HUMAN),
    _cue(
        Intent.REFUND_REQUEST,
        HINT,
        r"(?:maybe|perhaps|might|wondering|thinking|considering|not sure|should i).. REFUND",
    ),
    _cue(Intent.REFUND_REQUEST, CLEAR, _REFUND),
    _cue(Intent.CANCEL_SUBSCRIPTION, CLEAR, _CANCEL),
    _cue(Intent.ACCOUNT_ACCESS, CLEAR, _ACCOUNT),
    _cue(Intent.BILLING_QUESTION, CLEAR, _BILLING),
    _cue(
        Intent.REFUND_STATUS,
        HINT,
        r"THE refunds?|(?:promised|told|requested|asked for) a refund|(?:am|was|were|been|be|you|they) refunded",
    ),
    _cue(Intent.REFUND_POLICY, HINT, r"REFUND RULES|about a refund|refundable|non-?refundable"),
    _cue(Intent.REFUND_REQUEST, HINT, r"REFUND|(?:give|return|get|send).. money"),
    _cue(Intent.CANCEL_SUBSCRIPTION, HINT, r"cancel\w*|leave flowops"),
    _cue(Intent.BILLING_QUESTION, HINT, r"BILL|PAID|pricing|prices?|vat|paid|pay"),
    _cue(Intent.ACCOUNT_ACCESS, HINT, r"accounts?|plans?|subscription|profile|credentials|sla"),
)

_SMALLTALK = re.compile(
    r"\b(?:thanks?|thank you|thx|ty|cheers|hello|hi|hiya|hey|good (?:morning|afternoon|evening|day|night)|"
    r"good ?bye|bye|see you|how are you|have a (?:\w+ )?(?:day|night|evening|weekend)|okay|ok|great|perfect|"
    r"awesome)\b"
)
_COURTESY = re.compile(
    r"\b(?:a|again|all|and|appreciated|are|as|at|been|day|do|doing|everyone|everything|for|from|good|great|"
    r"have|help|helped|helpful|helping|hope|i|is|it|later|lot|me|much|my|nice|no|now|of|quick|quickly|really|"
    r"reply|so|soon|support|talk|team|that|the|there|this|to|today|very|was|well|were|will|with|wonderful|"
    r"you|your)\b"
)
_ENGLISH = re.compile(
    r"\b(?:about|am|an|any|because|by|can|could|did|does|he|her|him|how|if|just|like|make|may|might|need|not|"
    r"on|or|our|please|she|should|some|tell|their|them|they|us|want|we|what|when|where|which|who|why|would)\b"
    rf"|{_COURTESY.pattern}"
)


def message(text: str, *, today: date) -> Reading:
    """Read one message; any text has a reading, and the same text always the same one.

    `also` holds only wishes as clear as the primary one.
    """
    ruled = _by_rules(text)
    flags = tuple(flag.value for flag in risk.flags(features.tokens(entities.plain(text))))
    if ruled.confidence < HINT and ruled.intent is not Intent.REFUND_REQUEST:
        read = reader.message(text, today=today)
        if _may_be_relied_on(read) and not _refuses_something(text):
            return replace(read, entities=ruled.entities, flags=flags)
    return replace(ruled, flags=flags)


def _may_be_relied_on(read: Reading) -> bool:
    """The trained reader is never what moves money: refunds are asked for in words that the rules know."""
    is_wish = read.intent not in (Intent.OUT_OF_SCOPE, Intent.REFUND_REQUEST)
    return is_wish and Intent.REFUND_REQUEST not in read.also and read.confidence >= read.sure_from


def _refuses_something(text: str) -> bool:
    """ "Don't cancel my plan" is full of words that ask for it."""
    words = entities.sentences(entities.plain(text))
    return any(cue.intent is None and cue.words.search(words) for cue in CUES)


def _by_rules(text: str) -> Reading:
    plain = entities.plain(text)
    words = entities.sentences(plain)
    intent, confidence, also = _wishes(words)
    if intent is Intent.REFUND_REQUEST and not also:
        is_plain = confidence == CLEAR and plain_requests.is_plain(plain, words)
        confidence = CLEAR if is_plain else min(confidence, NOT_PLAIN)
    return Reading(
        intent=intent,
        confidence=confidence,
        also=also,
        entities=entities.read(plain),
        language=languages.sure(text) or languages.ENGLISH,
    )


def _wishes(words: str) -> tuple[Intent, float, tuple[Intent, ...]]:
    heard = {} if _mostly_foreign(words) else _heard(words)
    clear = [intent for intent in PRECEDENCE if heard.get(intent) == CLEAR]
    if clear:
        return clear[0], CLEAR, tuple(_separate(clear))
    hinted = [intent for intent in PRECEDENCE if intent in heard]
    if hinted:
        return hinted[0], LOST_HINT if len(words.split()) > LONG_STORY else HINT, ()
    return *_nothing_asked(words), ()


def _heard(words: str) -> dict[Intent, float]:
    heard: dict[Intent, float] = {}
    for cue in CUES:
        words, times = cue.words.subn("~", words)
        if times and cue.intent:
            heard[cue.intent] = max(cue.confidence, heard.get(cue.intent, 0))
    return heard


def _separate(clear: list[Intent]) -> Iterator[Intent]:
    absorbs = not ABOUT_A_CHARGE.isdisjoint(clear)
    return (intent for intent in clear[1:] if not (absorbs and intent is Intent.BILLING_QUESTION))


def _nothing_asked(words: str) -> tuple[Intent, float]:
    rest, greetings = _SMALLTALK.subn(" ", words)
    if _mostly_foreign(words) or not (greetings or _ENGLISH.search(words)):
        return Intent.OUT_OF_SCOPE, UNREADABLE
    if greetings and not re.search(r"\w", _COURTESY.sub(" ", rest)):
        return Intent.SMALLTALK, CLEAR
    return Intent.OUT_OF_SCOPE, UNKNOWN


def _mostly_foreign(words: str) -> bool:
    letters = [letter for letter in words if letter.isalpha()]
    return 2 * sum(letter.isascii() for letter in letters) <= len(letters)
