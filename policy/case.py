"""One case before the rules: the facts and the ruleset, and what follows from both."""

from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from flowops.money import Money
from policy.ruleset import PlanRules, Ruleset
from policy.values import Facts, InvoiceFact


class Case(Struct, frozen=True, kw_only=True):
    facts: Facts
    ruleset: Ruleset

    @property
    def rules(self) -> PlanRules:
        return self.ruleset.for_plan(self.facts.plan)

    @property
    def named(self) -> tuple[InvoiceFact, ...]:
        """The customer's own invoices among those the message names."""
        return tuple(invoice for invoice in self.facts.invoices if invoice.id in self.facts.named_invoices)

    @property
    def foreign(self) -> tuple[str, ...]:
        """Named invoices that are not on the account: another customer's look like none at all."""
        own = {invoice.id for invoice in self.facts.invoices}
        return tuple(name for name in self.facts.named_invoices if name not in own)

    @property
    def asked(self) -> Money | None:
        """The amount the customer asks to be refunded, if they name one."""
        return self.facts.asked_amounts[0] if self.facts.asked_amounts else None

    def is_in_window(self, invoice: InvoiceFact) -> bool:
        window = timedelta(days=self.rules.refund_window_days)
        return invoice.paid_at is not None and self.facts.now - invoice.paid_at <= window

    @staticmethod
    def worths(invoice: InvoiceFact) -> tuple[Money, ...]:
        """The amounts by which a customer may rightly call an invoice."""
        amounts = (invoice.refundable, invoice.paid, invoice.total.amount)
        return tuple(invoice.in_its_currency(amount) for amount in amounts)

    def is_worth_what_is_named(self, invoice: InvoiceFact) -> bool:
        return not set(self.worths(invoice)).isdisjoint(self.facts.named_amounts)

    @property
    def could_be_meant(self) -> tuple[InvoiceFact, ...]:
        """The invoices a refund request may be about, newest first; one means it is clear which.

        What was refunded already may be meant too: who repeats a request must not be paid for another invoice.
        """
        if self.named:
            return self.named
        paid = tuple(invoice for invoice in self.facts.invoices if invoice.paid > 0)
        in_window = tuple(invoice for invoice in paid if self.is_in_window(invoice))
        candidates = in_window or paid
        candidates = tuple(i for i in candidates if self.is_worth_what_is_named(i)) or candidates
        money_may_move = any(invoice.refundable > 0 for invoice in in_window)
        return candidates if money_may_move and not self.facts.means_latest else candidates[:1]

    @property
    def invoice(self) -> InvoiceFact:
        """The one invoice meant; rules that use it come after those that settle which."""
        return self.could_be_meant[0]

    @property
    def amount(self) -> Decimal:
        """What a refund would be: the asked part, else all that is left."""
        return self.asked.amount if self.asked else self.invoice.refundable
