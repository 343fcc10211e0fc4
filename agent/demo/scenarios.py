"""The demo's scenarios: what to say so that each promise can be watched being kept. Nothing in them is staged:
each is one or two messages, said as anybody could say them."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from django.db.models import Model, QuerySet

from agent import turn
from agent.demo.mail import DOWN
from agent.exchange import CLIENT, Asked, new_request_id
from agent.models import Interaction
from agent.values import Grounds, Mode
from flowops.accounts.models import Customer, Plan
from flowops.billing.models import Invoice, InvoiceStatus
from flowops.problems import Problem
from handoffs.models import LIVE
from policy.values import Decision, Outcome

QUESTION = "What is on my last invoice?"
DOUBTFUL = "Something with my last invoice."  # sure enough for the agent, unless an escalation is open
OVER_A_LIMIT = ("refund.auto_limit", "refund.invoice_limit", "refund.customer_limit")
AT_MOST = 100  # messages considered for one that fits

Row = TypeVar("Row", bound=Model)


class NoneLeft(Problem):
    status = 409
    error = "none_left"

    def __init__(self) -> None:
        super().__init__("The demo has none left for this. `manage.py demo --reset` starts anew.")


class Scenario(NamedTuple):
    """`lines` finds what to say now, in order. Raises NoneLeft."""

    key: str
    title: str
    promise: str
    lines: Callable[[datetime], tuple[Asked, ...]]
    ports: turn.Ports = turn.PORTS
    mode: Mode = Mode.LIVE


def small_refund(now: datetime) -> tuple[Asked, ...]:
    return (_refund_that(_is_approved, _untouched(), now),)


def over_the_limit(now: datetime) -> tuple[Asked, ...]:
    dear = _untouched().exclude(customer__account__plan=Plan.ENTERPRISE).order_by("-amount", "id")
    return (_refund_that(lambda decision: decision.rule in OVER_A_LIMIT, dear, now),)


def told_a_lie(now: datetime) -> tuple[Asked, ...]:
    """Any paid invoice will do: what the drafter says of it is not true."""
    return (_live(*_request(_untouched().first() or _first(_paid()))),)


def lie(grounds: Grounds) -> str:
    """What a language model might make of a refund request."""
    invoice = next(iter(grounds.decision.invoices), "inv_1")
    return f"Thank you for your message. We have refunded €480.00 for invoice {invoice}."


def same_request_again(now: datetime) -> tuple[Asked, ...]:
    """The panel's last live message once more; where there is none yet, one is said first."""
    last = _last_said()
    if last is not None:
        return (last,)
    first = _question()
    return (first, first)


def other_text_same_id(now: datetime) -> tuple[Asked, ...]:
    *_, last = said = same_request_again(now)
    return (*said[:-1], last._replace(message=f"{last.message} And something else."))


def after_an_escalation(now: datetime) -> tuple[Asked, ...]:
    """Somebody whose case is with people writes again; where nobody is, somebody asks for a person first."""
    waiting = Interaction.objects.filter(turn__isnull=False, handoff__status__in=LIVE)
    customers = waiting.order_by("-created_at", "-id").values_list("customer_id", flat=True)
    again = ((customer, DOUBTFUL) for customer in dict.fromkeys(customers))
    found = _first_decided(again, lambda decision: decision.rule == "escalate.recent_escalation", now)
    if found is not None:
        return (_live(*found),)
    customer = _first(_paid()).customer_id
    return (_live(customer, "Can I talk to a person, please?"), _live(customer, DOUBTFUL))


def in_shadow(now: datetime) -> tuple[Asked, ...]:
    found = _first_decided(map(_request, _untouched()), _is_approved, now)
    customer, message = found or _request(_first(_paid()))
    return (Asked(customer, message, Mode.SHADOW),)


def receiver_down(now: datetime) -> tuple[Asked, ...]:
    """A refund while there is one to make, then questions: each is answered by mail, to a server that is down."""
    customer = _first(Customer.objects.filter(email__endswith=DOWN).order_by("id"))
    invoices = Invoice.objects.filter(customer=customer, status=InvoiceStatus.PAID, refunds=None)
    found = _first_decided(map(_request, invoices), _is_approved, now)
    return (_live(*(found or (customer.id, QUESTION))),)


SCENARIOS = (
    Scenario("small", "A small refund", "Inside policy: done at once", small_refund),
    Scenario("limit", "Over the limit", "A person must say yes", over_the_limit),
    Scenario("liar", "A lying drafter", "What is not true is not sent", told_a_lie, turn.Ports(drafter=lie)),
    Scenario("again", "The same request again", "Replayed, not repeated", same_request_again),
    Scenario("other", "Other text, same id", "Refused, nothing done", other_text_same_id),
    Scenario("repeat", "After an escalation", "Doubt weighs more now", after_an_escalation),
    Scenario("shadow", "In shadow", "Same trace, nothing saved", in_shadow, mode=Mode.SHADOW),
    Scenario("down", "The mail server is down", "Tried again, later and later", receiver_down),
)


def named(key: str) -> Scenario | None:
    return next((scenario for scenario in SCENARIOS if scenario.key == key), None)


def _is_approved(decision: Decision) -> bool:
    return decision.outcome is Outcome.APPROVE


def _paid() -> QuerySet[Invoice]:
    """Paid invoices of all whose mail arrives, the newest first."""
    paid = Invoice.objects.filter(status=InvoiceStatus.PAID).exclude(customer__email__endswith=DOWN)
    return paid.order_by("-issued_at", "-id")


def _untouched() -> QuerySet[Invoice]:
    """Those of them that nobody has asked to refund."""
    return _paid().filter(refunds=None)


def _request(invoice: Invoice) -> tuple[str, str]:
    return invoice.customer_id, f"Please refund invoice {invoice.id}."


def _live(customer_id: str, message: str) -> Asked:
    return Asked(customer_id, message, Mode.LIVE, new_request_id())


def _question() -> Asked:
    return _live(_first(_paid()).customer_id, QUESTION)


def _last_said() -> Asked | None:
    """The panel's newest live message that can still be replayed."""
    said = Interaction.objects.filter(client__prefix=CLIENT, request_id__isnull=False, response__isnull=False)
    last = said.order_by("-created_at", "-id").first()
    return Asked(last.customer_id, last.request_text, Mode.LIVE, last.request_id) if last else None


def _refund_that(wanted: Callable[[Decision], bool], invoices: QuerySet[Invoice], now: datetime) -> Asked:
    found = _first_decided(map(_request, invoices), wanted, now)
    if found is None:
        raise NoneLeft
    return _live(*found)


def _first_decided(
    messages: Iterable[tuple[str, str]], wanted: Callable[[Decision], bool], now: datetime
) -> tuple[str, str] | None:
    """The first message that the agent would decide so: it is asked in shadow, which writes nothing."""
    for customer, message in islice(messages, AT_MOST):
        answer = turn.shadow(None, customer_id=customer, message=message, request_id=None, now=now)
        if answer.plan and wanted(answer.plan.decision):
            return customer, message
    return None


def _first(rows: QuerySet[Row]) -> Row:
    first = rows.first()
    if first is None:
        raise NoneLeft
    return first
