"""What licenses a done-statement: a deed of this very plan; in shadow there is none."""

from collections.abc import Iterable

from agent import statements as say
from agent.known import Done, Known
from agent.licences.account import plan_exists
from agent.licences.proof import Fault, Licence, Verdict, folded, same_day, same_id, same_money, same_text, unless


def _was_on(said: say.Day | None, done: Done, known: Known) -> bool:
    return same_day(said, done.date or known.today)


def _done(known: Known, deeds: Iterable[Done], negated: bool, every: Iterable[Done], name: str) -> Verdict:
    """A done-statement needs a deed with all the slots said; a denial needs that there is none at all."""
    if negated:
        return Fault("it was done") if tuple(every) else (f"effect.{name}",)
    proof = tuple(f"effect.{done.type}.{done.id or ''}".rstrip(".") for done in deeds)
    return unless(proof, "in shadow nothing is done" if not known.live else "the plan does no such thing")


def _passed_to_person(said: say.PassedToPerson, known: Known) -> Verdict:
    every = known.deeds("handoff_created")
    deeds = [
        done
        for done in every
        if same_id(said.handoff, done.id) and _is_with(said.to, done.to) and _was_on(said.date, done, known)
    ]
    return _done(known, deeds, said.negated, every, "handoff_created")


def _is_with(said: str | None, team: str | None) -> bool:
    words = folded(said or "").replace("team", "").split()
    return said is None or (team is not None and bool(words) and set(words) <= set(folded(team).split()))


def _ticket_is(said: say.TicketIs, known: Known) -> Verdict:
    every = known.deeds("ticket_created")
    deeds = [d for d in every if same_id(said.ticket, d.id) and _was_on(said.date, d, known)]
    return _done(known, deeds, said.negated, every, "ticket_created")


def _same_email(said: str | None, email: str | None) -> bool:
    return said is None or (email is not None and said.lower() == email.lower())


_MAILS: dict[str, tuple[str, ...]] = {
    "confirmation": ("confirm", "receipt", "cancel", "refund", "plan", "change"),
    "refund": ("refund",),
    "cancellation": ("cancel",),
    "invoice": ("invoice",),
    "plan_change": ("plan", "change", "upgrade", "downgrade"),
    "reminder": ("reminder",),
    "receipt": ("receipt",),
}


def _is_about(said: str | None, template: str | None) -> bool:
    return said is None or not template or any(word in template.lower() for word in _MAILS.get(said, ()))


def _email_sent(said: say.EmailSent, known: Known) -> Verdict:
    every = known.deeds("email_sent", "password_reset_email_sent")
    deeds = [
        done
        for done in every
        if _same_email(said.email, done.to)
        and _was_on(said.date, done, known)
        and _is_about(said.about, done.template)
        and (said.about is None or done.type == "email_sent")
    ]
    return _done(known, deeds, said.negated, every, "email_sent")


def _reset_mail_sent(said: say.ResetMailSent, known: Known) -> Verdict:
    every = known.deeds("password_reset_email_sent")
    deeds = [d for d in every if _same_email(said.email, d.to) and _was_on(said.date, d, known)]
    return _done(known, deeds, said.negated, every, "password_reset_email_sent")


def _cancelled(said: say.Cancelled, known: Known) -> Verdict:
    every = known.deeds("subscription_cancelled")
    deeds = [
        done
        for done in every
        if _was_on(said.date, done, known)
        and same_day(said.effective, done.effective or done.date)
        and same_text(said.plan, known.plan)
        and same_id(said.ref, done.id)
    ]
    if said.negated and not same_text(said.plan, known.plan):
        return Fault(f"the plan is {known.plan}")
    if said.negated and known.status and folded(known.status) in ("cancelled", "canceled"):
        return Fault("the subscription is cancelled")
    return _done(known, deeds, said.negated, every, "subscription_cancelled")


def _plan_changed(said: say.PlanChanged, known: Known) -> Verdict:
    every = known.deeds("plan_changed")
    deeds = [
        done
        for done in every
        if same_text(said.old, done.old)
        and same_text(said.new, done.new)
        and _was_on(said.date, done, known)
        and same_day(said.effective, done.effective or done.date or known.today)
        and same_id(said.ref, done.id)
    ]
    if (
        said.negated
        and said.new is not None
        and isinstance(plan_exists(say.PlanExists(plan=said.new), known), Fault)
    ):
        return Fault("there is no such plan")
    return _done(known, deeds, said.negated, every, "plan_changed")


def _invoice_created(said: say.InvoiceCreated, known: Known) -> Verdict:
    every = known.deeds("invoice_created")
    deeds = [
        done
        for done in every
        if same_id(said.invoice, done.id or done.invoice)
        and same_money(said.money, done.money)
        and _was_on(said.date, done, known)
    ]
    return _done(known, deeds, said.negated, every, "invoice_created")


LICENCES: dict[type, Licence] = {
    say.PassedToPerson: _passed_to_person,
    say.TicketIs: _ticket_is,
    say.EmailSent: _email_sent,
    say.ResetMailSent: _reset_mail_sent,
    say.Cancelled: _cancelled,
    say.PlanChanged: _plan_changed,
    say.InvoiceCreated: _invoice_created,
}
