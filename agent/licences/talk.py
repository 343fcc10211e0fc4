"""What licenses the statements on the conversation itself. The customer's own words license only their quoting."""

from datetime import timedelta
from decimal import Decimal

from agent import statements as say
from agent.known import Known
from agent.licences.proof import Fault, Licence, Verdict, folded, same_day


def _customer_said(said: say.CustomerSaid, known: Known) -> Verdict:
    message = known.customer_message
    is_so = all(
        _is_in(str(value), message)
        for value in (said.quote, said.invoice, said.email, said.code, said.plan)
        if value is not None
    )
    ids = {bill.id for bill in known.bills} | {done.id for done in known.done}
    is_so = is_so and (said.code is None or said.code not in ids)
    figures = [said.money.amount] if said.money else []
    is_so = is_so and all(_is_figure(figure, message) for figure in figures)
    return ("customer_message",) if is_so and said.date is None else Fault("the customer has not said that")


def _is_in(part: str, message: str) -> bool:
    return bool(part.strip()) and folded(part).strip(" .,!?…") in folded(message)


def _is_figure(amount: Decimal, message: str) -> bool:
    plain = f"{amount.normalize():f}"
    forms = {
        plain,
        f"{amount:.2f}",
        f"{amount:,.2f}",
        f"{amount:,.2f}".replace(",", " ").replace(".", ","),
        f"{amount:.2f}".replace(".", ","),
    }
    digits = "".join(c if c.isdigit() or c in ".," else " " for c in message).split()
    return any(found.strip(".,") in forms for found in digits)


def _day_is(said: say.DayIs, known: Known) -> Verdict:
    is_so = same_day(said.date, known.today + timedelta(said.days))
    return ("today",) if is_so else Fault(f"today is {known.today}")


def _customer_is(said: say.CustomerIs, known: Known) -> Verdict:
    names = known.name.lower().split()
    spoken = said.name.lower().split()
    is_so = bool(spoken) and (spoken == names or spoken == names[:1] or spoken == names[-1:])
    return ("account.name",) if is_so else Fault("the customer has another name")


def _status_page(said: say.StatusPage, known: Known) -> Verdict:
    is_so = known.status_page is not None and said.url.rstrip("/") == known.status_page.rstrip("/")
    return ("status_page",) if is_so else Fault("we know no such link")


def _signed_by(said: say.SignedBy, known: Known) -> Verdict:
    host = (known.status_page or "").partition("://")[2].partition("/")[0]
    is_so = folded(said.brand).replace(" ", "") in host.split(".")
    return ("status_page",) if is_so else Fault("that is not our name")


def _courtesy(said: say.Courtesy, known: Known) -> Verdict:
    return ()


LICENCES: dict[type, Licence] = {
    say.CustomerSaid: _customer_said,
    say.DayIs: _day_is,
    say.CustomerIs: _customer_is,
    say.StatusPage: _status_page,
    say.SignedBy: _signed_by,
    say.Courtesy: _courtesy,
}
