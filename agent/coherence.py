"""What the clauses of a sentence say together: two truths side by side can make a lie."""

from collections.abc import Iterator

import msgspec

from agent import licence
from agent.known import Known
from agent.licences.amounts import sums
from agent.licences.proof import Fault, folded
from agent.parse import Claim
from agent.reference import Talk
from agent.statements import (
    AboveLimit,
    AlreadyRefunded,
    AutoLimit,
    ChargedTwice,
    DeniedFor,
    InsideWindow,
    InvoiceAge,
    InvoiceIs,
    OnlyRefunded,
    PassedToPerson,
    PersonDecidedAgainst,
    RefundApproved,
    RefundAwaitsPerson,
    RefundIssued,
    RefundPossible,
    RefundUndecided,
    RefundWindow,
    Renews,
    Statement,
    Total,
    WindowEnds,
    WouldRefund,
)
from flowops.money import Money

_DECISIONS = (RefundApproved, RefundUndecided, RefundPossible, RefundAwaitsPerson)
_REASONS = (
    *(AutoLimit, AlreadyRefunded, ChargedTwice, DeniedFor, InsideWindow, InvoiceAge, OnlyRefunded, PassedToPerson),
    *(PersonDecidedAgainst, RefundIssued, RefundWindow, WindowEnds, *_DECISIONS),
)


def fault(
    claim: Claim, said: Statement, before: list[Statement], reading: tuple[Claim, ...], known: Known, talk: Talk
) -> Fault | None:
    """Why a statement, though licensed, is not so behind what the sentence and those before it have said."""
    if isinstance(said, InvoiceIs):
        return _of_another_refund(said, before, reading, known)
    if isinstance(said, Total) and len(_parts(reading)) > 1 and not is_sum_of_parts(said, reading):
        return Fault("the amounts beside it add up to something else")
    if isinstance(said, RefundIssued | RefundApproved) and _is_off_topic(claim):
        return Fault("it may be the other topic")
    if isinstance(said, RefundIssued) and not said.negated and said.money is not None:
        return _told_twice(claim, said, before, known, talk)
    return None


def faults_of_all(reading: tuple[Claim, ...], says: list[Statement], known: Known) -> Iterator[tuple[str, str]]:
    """What is wrong with the way its clauses hang together, each with the name of its check."""
    clauses: list[list[Statement]] = [[] for _ in {claim.clause for claim in reading}]
    places = {clause: place for place, clause in enumerate(sorted({claim.clause for claim in reading}))}
    for claim, said in zip(reading, says, strict=True):
        clauses[places[claim.clause]].append(said)
    for decision, reason in _reasons(reading, clauses):
        if not _is_reason(reason, decision, known):
            yield "cause", "that is not why it was decided so"


def is_sum_of_parts(said: Statement, reading: tuple[Claim, ...]) -> bool:
    """Whether a total is that of amounts told beside it; where there are several, it must be."""
    return isinstance(said, Total) and said.money in sums(_parts(reading))


def _parts(reading: tuple[Claim, ...]) -> list[Money]:
    parts = (claim.statement for claim in reading)
    return [part.money for part in parts if isinstance(part, InvoiceIs | Renews) and part.money is not None]


def _reasons(
    reading: tuple[Claim, ...], clauses: list[list[Statement]]
) -> Iterator[tuple[list[Statement], list[Statement]]]:
    """Pairs of clauses of which the second is said to be the reason for the first."""
    links = dict(enumerate({claim.clause: claim.links for claim in reading}.values()))
    for number in range(len(clauses)):
        told = links.get(number, frozenset())
        if "because" in told and number == 0 and len(clauses) > 1:
            yield clauses[1], clauses[0]
        elif "because" in told and number > 0:
            yield clauses[number - 1], clauses[number]
        elif "therefore" in told and number > 0:
            yield clauses[number], clauses[number - 1]


def _is_reason(reason: list[Statement], decision: list[Statement], known: Known) -> bool:
    decided = [said for said in decision if isinstance(said, _DECISIONS)]
    grounds = [said for said in reason if "negated" in said.__struct_fields__ or isinstance(said, _REASONS)]
    if not decided or not grounds:
        return True
    is_no = any(isinstance(said, RefundApproved | RefundPossible) and said.negated for said in decided)
    return any(_is_ground(said, is_no, known) for said in grounds)


def _is_ground(said: Statement, is_no: bool, known: Known) -> bool:
    if isinstance(said, InvoiceIs):
        return is_no
    if isinstance(said, AboveLimit):
        return not is_no or "limit" in folded(known.decision.reason)
    return isinstance(said, _REASONS)


def _is_off_topic(claim: Claim) -> bool:
    """ "As for the cancellation: it is approved" is not about a refund."""
    names = getattr(claim.statement, "invoice", None)
    return "topics" in claim.links and names in (None, "it")


def _told_twice(
    claim: Claim, said: RefundIssued, before: list[Statement], known: Known, talk: Talk
) -> Fault | None:
    """ "€9 refunded, and €9 credited besides" is two refunds, unless it is of another invoice."""
    told = [one for one in before if isinstance(one, RefundIssued) and not one.negated and one.money == said.money]
    count = len(told) + (said.money in talk.refunds and "additive" in claim.links)
    made = [done for done in known.done if done.type == "refund" and done.money == said.money]
    made_before = [bill for bill in known.bills if bill.refunded == said.money]
    if count >= max(1, len(made) + len(made_before)):
        return Fault("there is only one such refund, and it was told already")
    return None


def _of_another_refund(
    said: InvoiceIs, before: list[Statement], reading: tuple[Claim, ...], known: Known
) -> Fault | None:
    """An amount or an invoice that follows a refund is understood to be that refund's."""
    refunds = [one for one in before if _is_open_refund(one)]
    amounts = {known.decision.money, *(done.money for done in known.done if done.type == "refund")}
    if any(_is_without_amount(one) for one in refunds) and said.money is not None and said.money not in amounts:
        return Fault("beside a refund, this amount reads as what was refunded")
    unnamed = [claim.statement for claim in reading[: len(before)] if _is_open_refund(claim.statement)]
    unnamed = [one for one in unnamed if getattr(one, "invoice", None) is None]
    if not unnamed or said.invoice is None or said.status is not None:
        return None
    is_its = licence.is_so(msgspec.structs.replace(unnamed[-1], invoice=said.invoice), known)
    return None if is_its else Fault("beside a refund, this invoice reads as the refunded one")


def _is_open_refund(said: Statement) -> bool:
    return isinstance(said, RefundIssued | RefundApproved | WouldRefund) and not getattr(said, "negated", False)


def _is_without_amount(said: Statement) -> bool:
    return getattr(said, "money", None) is None and getattr(said, "percent", None) is None
