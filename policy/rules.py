"""The rules, each a sentence that may decline to answer. Precedence is the order of `PRECEDENCE`.

A rule sees a `Case` and returns a Verdict or None. The first verdict decides.
"""

from collections.abc import Callable
from decimal import Decimal

from policy.case import Case
from policy.ruleset import Then
from policy.values import Intent, InvoiceFact, IssueRefund, Outcome, ProposeRefund, Verdict

ABOUT_INVOICES = (Intent.REFUND_REQUEST, Intent.REFUND_STATUS, Intent.BILLING_QUESTION)
# What is answered from what is known, moves nothing, and so may be answered while a person has the rest.
ANSWERABLE = (
    Intent.REFUND_POLICY,
    Intent.REFUND_STATUS,
    Intent.BILLING_QUESTION,
    Intent.ACCOUNT_ACCESS,
)
# What a person does: the end of the rule's id, which names the handoff's reason, the intent, and why.
FOR_PEOPLE = (
    ("unrecognized_charge", Intent.UNRECOGNIZED_CHARGE, "the customer does not know a charge"),
    ("data_deletion", Intent.DATA_DELETION, "a person handles the deletion of data"),
    ("duplicate_charge", Intent.DUPLICATE_CHARGE, "the customer reports being charged twice"),
    ("payment_problem", Intent.PAYMENT_PROBLEM, "a payment does not go through"),
    ("payment_method", Intent.UPDATE_PAYMENT_METHOD, "a person helps to change how is paid"),
    ("invoice_document", Intent.INVOICE_REQUEST, "the customer wants the document of an invoice"),
    ("cancellation", Intent.CANCEL_SUBSCRIPTION, "a person handles cancellations"),
    ("plan_change", Intent.CHANGE_PLAN, "a person changes plans"),
    ("pricing", Intent.PRICING_QUESTION, "the agent knows no prices"),
    ("account_update", Intent.ACCOUNT_UPDATE, "a person changes what an account says"),
    ("account_create", Intent.ACCOUNT_CREATE, "a person helps with new accounts"),
    ("complaint", Intent.COMPLAINT, "the customer complains"),
    ("technical_issue", Intent.TECHNICAL_ISSUE, "something does not work"),
)


Ask = Callable[[Case], Verdict | None]


# Who must a person see first?


def a_tool_failed(case: Case) -> Verdict | None:
    if not case.facts.failed_tools:
        return None
    return _escalate(f"could not read {', '.join(case.facts.failed_tools)}")


def the_customer_is_unknown(case: Case) -> Verdict | None:
    if case.facts.plan is not None:
        return None
    return _escalate("no customer has this id")


def the_customer_asks_for_a_person(case: Case) -> Verdict | None:
    if Intent.TALK_TO_HUMAN not in (case.facts.intent, *case.facts.also):
        return None
    return _escalate("the customer asks for a person")


def an_escalation_is_still_open(case: Case) -> Verdict | None:
    """After a recent escalation that nobody has resolved, doubt weighs more."""
    threshold = case.ruleset.escalation.min_confidence_after_escalation
    if not case.facts.recently_escalated or case.facts.confidence >= threshold:
        return None
    return _escalate(
        f"an earlier escalation is unresolved and confidence {case.facts.confidence:g} is below {threshold:g}"
    )


def somebody_must_read_this(case: Case) -> Verdict | None:
    """Threats, fraud, privacy, danger: whatever else the message asks."""
    if not case.flags:
        return None
    return _escalate(f"the message shows {', '.join(case.flags).replace('_', ' ')}")


def confidence_is_low(case: Case) -> Verdict | None:
    """Below what people have set, or below where the reader itself is right often enough."""
    threshold = max(case.ruleset.escalation.min_confidence, case.facts.sure_from)
    if case.facts.confidence >= threshold:
        return None
    return _escalate(f"confidence {case.facts.confidence:g} is below {threshold:g}")


def several_questions_are_answered(case: Case) -> Verdict | None:
    wishes = (case.facts.intent, *case.facts.also)
    if not case.facts.also or case.foreign or not set(wishes) <= set(ANSWERABLE):
        return None
    return _several(case, Outcome.ANSWER, wishes)


def several_things_are_asked(case: Case) -> Verdict | None:
    """Acting on one of several wishes would leave the others unheard: what moves nothing is answered, a person has
    the rest."""
    if not case.facts.also:
        return None
    wishes = (case.facts.intent, *case.facts.also)
    return _several(
        case, Outcome.ESCALATE, tuple(wish for wish in wishes if wish in ANSWERABLE and not case.foreign)
    )


def nobody_taught_us_this(case: Case) -> Verdict | None:
    if case.facts.intent is not Intent.OUT_OF_SCOPE:
        return None
    return _escalate("the message is about something the agent does not handle")


def _a_person_does(intent: Intent, reason: str) -> Ask:
    def needs_a_person(case: Case) -> Verdict | None:
        if case.facts.intent is not intent:
            return None
        return _escalate(reason, invoices=tuple(invoice.id for invoice in case.named or case.facts.invoices[:3]))

    needs_a_person.__name__ = f"{intent.value}_needs_a_person"
    return needs_a_person


# What can simply be answered?


def smalltalk_is_answered(case: Case) -> Verdict | None:
    if case.facts.intent is not Intent.SMALLTALK:
        return None
    return _answer("nothing is asked")


def account_questions_are_answered(case: Case) -> Verdict | None:
    if case.facts.intent is not Intent.ACCOUNT_ACCESS:
        return None
    return _answer("the account is known")


def the_refund_policy_is_told(case: Case) -> Verdict | None:
    if case.facts.intent is not Intent.REFUND_POLICY:
        return None
    return _answer("a question about the rules starts no refund")


# Which invoice?


def a_charge_we_have_not_made(case: Case) -> Verdict | None:
    """Somebody was charged for an invoice we do not have: a person must look, and no refund can be due."""
    if not case.foreign or case.facts.intent is not Intent.BILLING_QUESTION or not case.facts.named_amounts:
        return None
    return _escalate(
        f"a charge for {', '.join(case.foreign)} is reported; no such invoice is on the account",
        invoices=case.foreign,
    )


def the_invoice_is_not_on_the_account(case: Case) -> Verdict | None:
    if not case.foreign or case.facts.intent not in ABOUT_INVOICES:
        return None
    return Verdict(
        outcome=Outcome.ASK,
        reasons=(f"{', '.join(case.foreign)} is not on the account",),
        invoices=case.foreign,
    )


def refund_states_are_told(case: Case) -> Verdict | None:
    if case.facts.intent is not Intent.REFUND_STATUS:
        return None
    told = case.named or tuple(i for i in case.facts.invoices if i.refunded or i.pending)[:3]
    return _answer("the ledger is known", invoices=told)


def billing_questions_are_answered(case: Case) -> Verdict | None:
    if case.facts.intent is not Intent.BILLING_QUESTION:
        return None
    told = case.named or case.facts.invoices[:3]
    return _answer("the invoices are known", invoices=told)


def there_is_nothing_to_refund(case: Case) -> Verdict | None:
    if case.could_be_meant:
        return None
    return _deny("the account has no paid invoice")


def it_is_unclear_which_invoice(case: Case) -> Verdict | None:
    """Never guess whose money to move."""
    if len(case.could_be_meant) == 1:
        return None
    names = tuple(invoice.id for invoice in case.could_be_meant)
    return Verdict(outcome=Outcome.ASK, reasons=(f"{', '.join(names)} could be meant",), invoices=names)


# May it be refunded?


def the_invoice_was_not_paid(case: Case) -> Verdict | None:
    invoice = case.invoice
    if invoice.status == "paid" and invoice.paid > 0:
        return None
    if invoice.status == "paid":
        return _deny(f"no payment of {invoice.id} is recorded", invoice)
    return _deny(f"{invoice.id} is {invoice.status}", invoice)


def a_refund_already_awaits_a_person(case: Case) -> Verdict | None:
    invoice = case.invoice
    if not invoice.pending or invoice.refundable > 0:
        return None
    return Verdict(
        outcome=Outcome.NEEDS_HUMAN,
        reasons=(f"{invoice.in_its_currency(invoice.pending)} of {invoice.id} already awaits a person",),
        invoices=(invoice.id,),
    )


def it_is_already_refunded(case: Case) -> Verdict | None:
    invoice = case.invoice
    if invoice.refundable > 0:
        return None
    return _deny(f"{invoice.in_its_currency(invoice.refunded)} of {invoice.id} is already refunded", invoice)


def a_person_has_already_denied_it(case: Case) -> Verdict | None:
    if not case.invoice.was_denied:
        return None
    return _deny(f"a person has already denied a refund of {case.invoice.id}", case.invoice)


def it_was_paid_too_long_ago(case: Case) -> Verdict | None:
    invoice, days = case.invoice, case.rules.refund_window_days
    if case.is_in_window(invoice):
        return None
    return _deny(f"{invoice.id} was paid more than {days} days ago", invoice)


def the_amount_is_not_positive(case: Case) -> Verdict | None:
    if case.amount > 0:
        return None
    return _deny("a refund must be more than zero", case.invoice)


def it_is_unclear_which_amount(case: Case) -> Verdict | None:
    """One amount is asked back; whatever else is named must be what the invoice is worth."""
    worths = case.worths(case.invoice)
    other = {named for named in case.facts.named_amounts if named != case.asked and named not in worths}
    if case.asked is None or (not other and len(set(case.facts.asked_amounts)) == 1):
        return None
    amounts = ", ".join(str(amount) for amount in case.facts.named_amounts)
    return _escalate(f"any of {amounts} could be meant", invoices=(case.invoice.id,))


def the_evidence_says_another_amount(case: Case) -> Verdict | None:
    """A claim is not evidence: who asks for more, in another currency, or says another amount was charged, is
    told what there is."""
    invoice, asked = case.invoice, case.asked
    if asked is not None:
        is_covered = asked.currency == invoice.total.currency and asked.amount <= invoice.refundable
    else:
        is_covered = not case.facts.named_amounts or case.is_worth_what_is_named(invoice)
    if is_covered:
        return None
    said = ", ".join(str(amount) for amount in case.facts.named_amounts)
    refundable = invoice.in_its_currency(invoice.refundable)
    return Verdict(
        outcome=Outcome.ASK,
        reasons=(f"the message says {said}; {refundable} of {invoice.id} can be refunded",),
        invoices=(invoice.id,),
    )


# May the machine do it?


def no_limit_is_set_in_this_currency(case: Case) -> Verdict | None:
    if case.invoice.total.currency in case.rules.refund_bands:
        return None
    return _propose(case, f"no refund limit is set in {case.invoice.total.currency}", limit=None)


def every_refund_of_the_plan_needs_a_person(case: Case) -> Verdict | None:
    smallest = case.rules.refund_bands[case.invoice.total.currency][0]
    if smallest.then is not Then.NEEDS_HUMAN:
        return None
    return _propose(case, f"every refund on the {case.facts.plan} plan needs a person", limit=None)


def the_amount_is_beyond_the_auto_limit(case: Case) -> Verdict | None:
    bands = case.rules.refund_bands[case.invoice.total.currency]
    band = next(band for band in bands if band.holds(case.amount))
    money = case.invoice.in_its_currency(case.amount)
    if band.then is Then.APPROVE:
        return None
    if band.then is Then.DENY:
        return _deny(f"{money} is above what the {case.facts.plan} plan refunds", case.invoice)
    return _propose(case, f"{money} is above the limit of", limit=band.over)


def the_invoice_limit_is_used_up(case: Case) -> Verdict | None:
    limit = case.ruleset.auto_refund_limits.per_invoice[case.invoice.total.currency]
    taken = case.invoice.refunded + case.invoice.pending
    if taken + case.amount <= limit:
        return None
    return _propose(case, f"with it, refunds of {case.invoice.id} are above the limit of", limit=limit)


def the_customer_limit_is_used_up(case: Case) -> Verdict | None:
    limits, currency = case.ruleset.auto_refund_limits, case.invoice.total.currency
    limit = limits.per_customer[currency]
    same = (invoice for invoice in case.facts.invoices if invoice.total.currency == currency)
    recent = sum((invoice.refunded_recently + invoice.pending for invoice in same), Decimal(0))
    if recent + case.amount <= limit:
        return None
    return _propose(
        case, f"with it, refunds in {limits.per_customer_days} days are above the limit of", limit=limit
    )


def it_is_within_every_limit(case: Case) -> Verdict | None:
    money = case.invoice.in_its_currency(case.amount)
    return Verdict(
        outcome=Outcome.APPROVE,
        reasons=(f"{money} of {case.invoice.id} is within every limit",),
        action=IssueRefund(invoice=case.invoice.id, money=money),
        invoices=(case.invoice.id,),
    )


PRECEDENCE: tuple[tuple[str, Ask], ...] = (
    ("escalate.tool_failed", a_tool_failed),
    ("escalate.unknown_customer", the_customer_is_unknown),
    ("escalate.person_wanted", the_customer_asks_for_a_person),
    ("escalate.risk", somebody_must_read_this),
    ("escalate.recent_escalation", an_escalation_is_still_open),
    ("escalate.low_confidence", confidence_is_low),
    ("answer.several_wishes", several_questions_are_answered),
    ("escalate.several_wishes", several_things_are_asked),
    ("escalate.out_of_scope", nobody_taught_us_this),
    *((f"escalate.{name}", _a_person_does(intent, reason)) for name, intent, reason in FOR_PEOPLE),
    ("answer.smalltalk", smalltalk_is_answered),
    ("answer.account", account_questions_are_answered),
    ("answer.refund_policy", the_refund_policy_is_told),
    ("escalate.unknown_charge", a_charge_we_have_not_made),
    ("invoice.not_on_account", the_invoice_is_not_on_the_account),
    ("answer.refund_status", refund_states_are_told),
    ("answer.billing", billing_questions_are_answered),
    ("refund.nothing_paid", there_is_nothing_to_refund),
    ("refund.which_invoice", it_is_unclear_which_invoice),
    ("refund.not_paid", the_invoice_was_not_paid),
    ("refund.already_pending", a_refund_already_awaits_a_person),
    ("refund.already_refunded", it_is_already_refunded),
    ("refund.denied_before", a_person_has_already_denied_it),
    ("refund.outside_window", it_was_paid_too_long_ago),
    ("refund.not_positive", the_amount_is_not_positive),
    ("refund.which_amount", it_is_unclear_which_amount),
    ("refund.other_amount", the_evidence_says_another_amount),
    ("refund.no_limit_in_currency", no_limit_is_set_in_this_currency),
    ("refund.plan_needs_person", every_refund_of_the_plan_needs_a_person),
    ("refund.auto_limit", the_amount_is_beyond_the_auto_limit),
    ("refund.invoice_limit", the_invoice_limit_is_used_up),
    ("refund.customer_limit", the_customer_limit_is_used_up),
    ("refund.within_limits", it_is_within_every_limit),
)


def _escalate(reason: str, invoices: tuple[str, ...] = ()) -> Verdict:
    return Verdict(outcome=Outcome.ESCALATE, reasons=(reason,), invoices=invoices)


def _several(case: Case, outcome: Outcome, answers: tuple[Intent, ...]) -> Verdict:
    told = case.named or (case.facts.invoices[:3] if Intent.BILLING_QUESTION in answers else ())
    asked = ", ".join(wish.value for wish in (case.facts.intent, *case.facts.also))
    return Verdict(
        outcome=outcome,
        reasons=(f"the message asks for several things: {asked}",),
        invoices=tuple(invoice.id for invoice in told) or case.foreign,
        answers=answers,
    )


def _answer(reason: str, invoices: tuple[InvoiceFact, ...] = ()) -> Verdict:
    return Verdict(outcome=Outcome.ANSWER, reasons=(reason,), invoices=tuple(i.id for i in invoices))


def _deny(reason: str, *invoices: InvoiceFact) -> Verdict:
    return Verdict(outcome=Outcome.DENY, reasons=(reason,), invoices=tuple(i.id for i in invoices))


def _propose(case: Case, reason: str, *, limit: Decimal | None) -> Verdict:
    invoice = case.invoice
    stopped_by = None if limit is None else invoice.in_its_currency(limit)
    return Verdict(
        outcome=Outcome.NEEDS_HUMAN,
        reasons=(reason if stopped_by is None else f"{reason} {stopped_by}",),
        action=ProposeRefund(invoice=invoice.id, money=invoice.in_its_currency(case.amount), limit=stopped_by),
        invoices=(invoice.id,),
    )
