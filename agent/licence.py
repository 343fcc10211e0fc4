"""What licenses each statement. It is true because of something known, and that is what proves it."""

from agent.known import Known
from agent.licences import account, effects, invoices, policy, refunds, talk
from agent.licences.proof import Fault, Verdict
from agent.statements import Statement

_LICENCES = {
    **refunds.LICENCES,
    **invoices.LICENCES,
    **account.LICENCES,
    **policy.LICENCES,
    **effects.LICENCES,
    **talk.LICENCES,
}


def of(statement: Statement, known: Known) -> Verdict:
    """The ids of the facts that carry the statement, or a Fault saying what is missing. A courtesy needs none."""
    return _LICENCES[type(statement)](statement, known)


def is_so(statement: Statement, known: Known) -> bool:
    return not isinstance(of(statement, known), Fault)
