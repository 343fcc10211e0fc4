"""The ids that a proof cites, as facts people can read: which tool said what."""

from agent.known import Bill, Done, Known
from agent.values import Fact


def of(cite: str, known: Known) -> Fact:
    """The fact behind an id. What has no single value behind it says in words what it is."""
    head, _, name = cite.partition(".")
    match head:
        case "effect":
            return Fact(id=cite, tool="plan", value=_effect(name, known))
        case "decision":
            return Fact(id=cite, tool="policy", value=str(getattr(known.decision, name)))
        case "policy":
            return Fact(id=cite, tool="policy", value=str(_rule(name, known)))
        case "account":
            return Fact(id=cite, tool="account", value=_account(name, known))
        case "plan":
            return Fact(id=cite, tool="plan", value=", ".join(map(_in_words, known.done)) or "no effects")
        case "arithmetic":
            return Fact(id=cite, tool="arithmetic", value=f"exact {name} of amounts above")
        case "mode" | "customer_message" | "today":
            return Fact(id=cite, tool="message", value=str(getattr(known, head)))
        case _:
            return Fact(id=cite, tool="billing", value=_billing(cite, known))


def _effect(name: str, known: Known) -> str:
    kind, _, identity = name.partition(".")
    done = next((d for d in known.done if d.type == kind and (d.id or "") == identity), None)
    return _in_words(done) if done else f"no {kind.replace('_', ' ')}"


def _in_words(done: Done) -> str:
    details = (done.id, done.money, done.invoice, done.to, done.old, done.new, done.effective)
    return f"{done.type.replace('_', ' ')}: {', '.join(str(detail) for detail in details if detail)}"


def _rule(name: str, known: Known) -> object:
    return getattr(known.rules, name)


def _account(name: str, known: Known) -> str:
    if name == "invoices":
        return ", ".join(bill.id for bill in known.bills) or "none"
    return str(getattr(known, {"api_key_status": "api_key"}.get(name, name)))


def _billing(cite: str, known: Known) -> str:
    invoice, _, field = cite.rpartition(".")
    bill = known.bill(invoice)
    if bill is not None:
        return _field(bill, field)
    if cite == "renewal" and known.renewal:
        return f"{known.renewal.money} on {known.renewal.date}"
    if cite.startswith("price."):
        return ", ".join(f"{p.money} per {p.per}" for p in known.prices if p.plan == cite.partition(".")[2])
    if cite == "status_page":
        return known.status_page or ""
    return ", ".join(f"{b.id}: {_field(b, field)}" for b in known.bills) or "no invoices"


def _field(bill: Bill, field: str) -> str:
    names = {"total": "money", "paid_at": "paid_on" if bill.paid_on else "date", "refundable": "left"}
    return str(getattr(bill, names.get(field, field)))
