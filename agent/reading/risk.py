"""Signs in a message that a person must read it, whatever else is asked. Each is a reason to escalate, never a decision.

Plain patterns over `features.tokens`, joined by spaces: lower case, no accents, short forms in full.
"""

import re
from enum import StrEnum

I_WE = r"(?:i|we|our company|my \w+)"


class Flag(StrEnum):
    LEGAL_THREAT = "legal_threat"
    CHARGEBACK = "chargeback"
    FRAUD = "fraud"
    PRIVACY_REQUEST = "privacy_request"
    HARM = "harm"
    PRESS = "press"
    CHURN_THREAT = "churn_threat"
    ABUSE = "abuse"
    MACHINE_INSTRUCTION = "machine_instruction"
    AMOUNT_NEVER_BILLED = "amount_never_billed"


_SIGNS = {
    Flag.LEGAL_THREAT: r"""
        (?:my|our|a|an|the) (?:\w+ )?(?:lawyers?|attorneys?|solicitors?|barrister|legal (?:team|counsel|department))|lawsuit|sue you|suing|(?:take|taking|see) you (?:all )?(?:to|in) court
        small claims|legal (?:action|steps|proceedings|consequences|recourse|remed\w+)|(?:going to|through the) courts?|court (?:case|order)|litigation|cease and desist
        ombudsman|trading standards|better business bureau|bbb|attorney general|consumer (?:protection|rights)|ftc|regulators?|police report|file charges
        (?:meinen?|unseren?|der) anwalt|rechtsanwalt|klage|verklagen|gericht|verbraucher(?:schutz|zentrale)|(?:mon|notre) avocat|tribunal|plainte|poursuivre en justice|mise en demeure
        (?:mi|nuestro) abogado|demanda(?:r|re|remos)|denuncia|juzgado|avvocato|tribunale|denuncer\w+|vie legali|advogado|processar|procon|tribunais|acoes? judicia\w+
    """,
    Flag.CHARGEBACK: r"""
        charge ?backs?|dispute (?:\w+ ){0,4}(?:with|through|at|via) (?:my|our|the) (?:\w+ )?(?:bank|card|credit card|visa|mastercard|paypal|issuer)
        (?:my|our|the) (?:bank|card company|card issuer|credit card company) (?:\w+ ){0,3}(?:dispute|reverse|claim|pull)
        (?:bank|card company|paypal) to (?:\w+ )?(?:reverse|dispute|stop|get|claw|pull)|(?:open|raise|file|start)\w* (?:a |the )?(?:\w+ )?(?:dispute|claim) (?:with|at|through) (?:my|the|our) (?:bank|card|paypal)
        (?:go|going|contact|call|calling|contacting) (?:to )?(?:my|our) (?:bank|card (?:issuer|company)) to (?:get|reverse|dispute)|paypal (?:dispute|claim|case)
        ruckbuchung|zuruckbuchen|ruckbelast\w+|rejet de debit|contestation (?:bancaire|aupres)|retrofacturacion|contracargo|estorno bancario|chargebacks
    """,
    Flag.FRAUD: r"""
        fraud\w*|scam(?:med|mers?)?|phish\w*|identity theft|hack(?:ed|er|ers|ing)|stolen (?:\w+ )?(?:card|identity|account|credit|details|phone|laptop)|(?:card|account|identity) (?:\w+ ){0,2}(?:stolen|cloned|compromised|hijacked)
        (?:someone|somebody|a stranger|third party|person) (?:else )?(?:\w+ ){0,3}(?:logged in|log in|got into|accessed|took over|is in|is using|used|changed) (?:to |into )?(?:my|our)
        (?:account|login|password|email) (?:\w+ ){0,3}(?:was|been|is|got) (?:\w+ )?(?:changed without|taken over|breached|compromised)|without (?:my|our) (?:consent|permission|knowledge|authori[sz]ation)
        unauthori[sz]ed|not authori[sz]ed?|never authori[sz]ed|not authori[sz]e|take ?over|log ?ins? from (?:\w+ ){0,3}(?:russia|china|abroad|country|location|device|unknown)|suspicious (?:\w+ )?(?:login|activity|sign)
        betrug\w*|gehackt|gestohlen\w*|missbrauch\w*|pirate[er]?|piratage|fraude|fraudul\w+|vole[es]?|usurp\w+|estafa|hacke\w+|robad[oa]|truffa\w*|frode|rubat[oa]|clonad?ta?o?|golpe|roubad[oa]|burla
    """,
    Flag.PRIVACY_REQUEST: r"""
        gdpr|ccpa|dsgvo|rgpd|lgpd|right to (?:be forgotten|erasure|access)|article 1[5-9]|subject access|(?:data|privacy) (?:protection|officer|request|subject|regulation)
        (?:delete|erase|remove|wipe|destroy|purge|copy of|export of|what) (?:\w+ ){0,4}(?:personal (?:data|information|details)|(?:my|our) data|data (?:you|about me))|data (?:deleted|erased|removed)
        personenbezogen\w*|daten (?:\w+ )?(?:loschen|geloscht)|datenschutz\w*|donnees personnelles|supprim\w+ (?:\w+ )?donnees|datos personales|(?:borr|elimin)\w+ (?:\w+ )?datos|dati personali|cancell\w+ (?:\w+ )?dati|dados pessoais|(?:apag|exclu|elimin)\w+ (?:\w+ )?dados
    """,
    Flag.HARM: r"""
        kill (?:myself|you|him|her|them)|(?:end|take|taking|ending) my (?:own )?life|suicid\w*|self harm|hurt (?:myself|you|somebody|someone)|harm (?:myself|you)|want to die|do not want to live|better off dead|no reason to live
        (?:shoot|stab|bomb|burn down|beat up|strangle) (?:you|your|the|up)|bomb threat|i (?:will|am going to) (?:find|come for) (?:you|where you)|know where (?:you|your \w+) (?:live|office)|make you pay with
        (?:mich|dich|euch) (?:um|umbringen)|umbringen|selbstmord|suizid|me tuer|vous tuer|suicide|suicid\w+|matarme|matar(?:os|los|te)|uccider\w+|ammazz\w+|me matar|vou matar
    """,
    Flag.PRESS: r"""
        journalists?|reporters?|newspaper|(?:the|to|local|with) press|(?:the|social|local|news) media|tv station|go(?:ing)? (?:public|viral)|(?:post|tell|share|write|put|blast)\w* (?:\w+ ){0,6}(?:twitter|trustpilot|linkedin|reddit|facebook|tiktok|youtube|g2|glassdoor|google reviews?|hacker news)
        (?:bad|negative|one star|1 star|#n star|scathing|nasty|public|honest) reviews?|expose you|techcrunch|investigative|(?:radio|tv) (?:show|programme|program)
        (?:die|der|an die) presse|journalist\w*|zeitung|journaux|journalistes?|prensa|periodistas?|stampa|giornal\w+|imprensa|jornal\w*|reclame aqui
    """,
    Flag.CHURN_THREAT: r"""
        (?:or|otherwise|else) (?:i|we) (?:will |am |are |shall |would |going to |have to )*(?:leav\w+|cancel\w*|switch\w*|mov\w+|go\w*|quit\w*|terminat\w+|done)
        (?:switch|switching|mov\w+|go|going|migrat\w+|chang\w+) (?:over )?to (?:a |your |another |one of your )?(?:competit\w+|another (?:provider|vendor|tool|service|company|platform)|different (?:provider|vendor|tool|service|company|platform)|somebody else|someone else|elsewhere|rivals?)
        (?:look|looking|shop|shopping) (?:around |elsewhere|for (?:an? )?(?:alternatives?|other|another|different))|evaluating (?:alternatives|competitors|other)|tak\w+ (?:my|our) (?:business|money|custom) elsewhere
        (?:lose|losing|lost) (?:us|me|a customer|our business|my business|me as|us as)|last (?:chance|straw|warning)|(?:thinking|think|considering|consider) (?:about |of )?(?:leaving|cancell?ing|switching|moving)
        (?:never|not) (?:be )?(?:renew\w*|doing business|do business|use|using|buy|buying) (?:\w+ ){0,4}again|if (?:\w+ ){1,12}(?:i|we) (?:will |shall |am going to |are going to |would )(?:cancel|leave|switch|terminate|be gone|move)
        wechseln (?:wir|ich)|zur konkurrenz|anbieter wechseln|a la concurrence|competencia|alla concorrenza|concorrencia|concorrente
    """,
    Flag.ABUSE: r"""
        fuck\w*|f(?:u|\W)?ck\w*|wtf|stfu|motherf\w+|bullshit|shit(?:ty|heads?)?|assholes?|arseholes?|bastards?|bitch\w*|cunts?|dickheads?|wankers?|twats?|morons?|idiots?|imbeciles?|retard\w*|scumbags?|crooks?|thieves|liars?|incompetent (?:fools|clowns|idiots)|clowns|(?:you|u|you are|are) (?:\w+ ){0,3}(?:stupid|dumb|braindead|useless (?:people|idiots|lot)|pathetic)|piece of (?:crap|garbage|trash|shit)|go to hell|screw you|damn you
        arschloch\w*|scheiss\w*|idioten?|verdammt\w*|betruger|connards?|salauds?|merde|putain|gilipollas|mierda|cabron\w*|ladrones|stronz\w+|merda|cazzo|ladri|caralho|porra|ladroes
    """,
    Flag.MACHINE_INSTRUCTION: r"""
        (?:ignore|disregard|forget|override|bypass|skip) (?:\w+ ){0,5}(?:instructions?|prompts?|rules?|polic(?:y|ies)|guidelines?|restrictions?|limits?|programming|training|checks?)
        (?:system|initial|hidden|original|developer) (?:prompt|message|instructions?|mode)|you are now|from now on you|act as (?:an?|if|the|though)|pretend (?:to be|that you|you)|role ?play|jail ?break|do anything now|dan mode|as an ai|language model|large language|chat ?gpt|prompt injection
        (?:reveal|print|show|repeat|output|tell me) (?:me )?(?:your|the) (?:\w+ )?(?:prompt|instructions|rules above|system|configuration)|(?:respond|reply|answer) (?:only )?with (?:exactly|only|the word|json|yes|approved)
        (?:execute|run|call) (?:the )?(?:\w+ )?(?:function|tool|command|sql|code)\b|mark (?:\w+ )?(?:ticket|case|request) as (?:approved|resolved|verified)|im start|im end|begin (?:system|instructions)|admin (?:override|mode|access)|sudo
        (?:i am|this is) (?:the |your |an? )?(?:admin\w*|developer|ceo|owner of flowops|system|supervisor|engineer at) (?:and|so|override|of (?:this|flowops))|set (?:the )?(?:refund|amount|confidence|policy|limit|plan|balance) to|confidence (?:is |= )?(?:100|#n)
        ignorier\w* (?:\w+ ){0,4}(?:anweisung\w*|regeln)|ignore[rz]? (?:\w+ ){0,4}(?:consignes|instructions)|ignora\w* (?:\w+ ){0,4}(?:instrucciones|istruzioni|instrucoes)
    """,
}
_PATTERNS = {
    flag: re.compile(rf"\b(?:{'|'.join(line.strip() for line in signs.strip().splitlines())})\b")
    for flag, signs in _SIGNS.items()
}


def flags(words: list[str]) -> tuple[Flag, ...]:
    """The flags that the words raise; AMOUNT_NEVER_BILLED takes evidence, and is never among them."""
    text = " ".join(words)
    return tuple(flag for flag, pattern in _PATTERNS.items() if pattern.search(text))
