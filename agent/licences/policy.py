"""What licenses the statements on policy: the numbers it promises."""

from agent import statements as say
from agent.known import Known
from agent.licences.proof import Fault, Licence, Verdict, same_id


def _refund_window(said: say.RefundWindow, known: Known) -> Verdict:
    window = known.rules.refund_window_days
    return ("policy.refund_window_days",) if said.days == window else Fault(f"policy has {window} days")


def _refund_eta(said: say.RefundEta, known: Known) -> Verdict:
    eta = known.rules.refund_eta_days
    if eta is None:
        return Fault("policy promises no time of arrival")
    is_so = said.high == eta[1] and said.low in (None, eta[0])
    return ("policy.refund_eta_days",) if is_so else Fault(f"policy has {eta[0]} to {eta[1]} business days")


def _response_time(said: say.ResponseTime, known: Known) -> Verdict:
    hours = known.rules.response_hours
    return ("policy.response_hours",) if said.hours == hours else Fault(f"the response time is {hours} hours")


def _auto_limit(said: say.AutoLimit, known: Known) -> Verdict:
    limit = known.rules.auto_limit
    return ("policy.auto_limit",) if said.limit == limit else Fault(f"the limit is {limit}")


def _above_limit(said: say.AboveLimit, known: Known) -> Verdict:
    limit = known.rules.auto_limit
    if limit is None:
        return Fault("no limit is known")
    for bill in known.bills:
        about = same_id(said.invoice, bill.id) and said.money in (None, bill.money, known.decision.money)
        money = said.money or bill.money
        if about and money.currency == limit.currency and (money.amount > limit.amount) != said.negated:
            return (f"{bill.id}.total", "policy.auto_limit")
    return Fault(f"the limit is {limit}")


LICENCES: dict[type, Licence] = {
    say.RefundWindow: _refund_window,
    say.RefundEta: _refund_eta,
    say.ResponseTime: _response_time,
    say.AutoLimit: _auto_limit,
    say.AboveLimit: _above_limit,
}
