"""One case before the rules: the facts and the ruleset, and what follows from both."""

from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from flowops.money import Money
from policy.ruleset import PlanRules, Ruleset
from policy.values import Facts, Intent, InvoiceFact

ABOUT_CHARGES = (
    Intent.REFUND_REQUEST,
    Intent.BILLING_QUESTION,
    Intent.DUPLICATE_CHARGE,
    Intent.UNRECOGNIZED_CHARGE,
)


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
    def flags(self) -> tuple[str, ...]:
        """What a person must read for: the reader's flags, and an amount that nobody was ever billed."""
        return (*self.facts.flags, *(("amount_never_billed",) if self.claims_what_was_never_billed else ()))

    @property
    def claims_what_was_never_billed(self) -> bool:
        """Whether a charge is spoken of that is on none of the customer's invoices, in any part of it.

        Not of an amount asked back, nor beside the name of an invoice: there the evidence is told.
        """
        is_about_a_charge = self.facts.intent in ABOUT_CHARGES and not self.facts.named_invoices
        claimed = set(self.facts.named_amounts) - set(self.facts.asked_amounts)
        billed = {
            worth for invoice in self.facts.invoices for worth in (*self.worths(invoice), *self._moved(invoice))
        }
        return is_about_a_charge and bool(claimed) and claimed.isdisjoint(billed)

    @staticmethod
    def _moved(invoice: InvoiceFact) -> tuple[Money, ...]:
        return tuple(invoice.in_its_currency(amount) for amount in (invoice.refunded, invoice.pending))

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
