"""The ledger's promise, kept by the database itself (M1): refunded + pending never exceeds paid, per invoice.

A CHECK sees one row and this promise spans tables, so triggers keep it, on whatever path a row is written.
Payments and refunds also carry their invoice's currency, always. PostgreSQL locks the invoice before summing:
the sum then sees every committed refund, and two concurrent ones take turns. NO KEY UPDATE, because the
foreign key check of the very insert already holds a KEY SHARE lock. SQLite has one writer at a time.
Sums are rounded to minor units: SQLite keeps decimals as floating-point numbers. Deleting a payment is not looked
at: no route or form offers it, and emptying a table row by row must stay possible.
"""

from flowops.triggers import Triggers, raising, refusing_updates

EXCEEDED = "refunded_never_exceeds_paid"
FOREIGN = "currency_is_the_invoices"
MOVED = "movement_stays_with_its_invoice"
UNPAID = "refund_needs_a_paid_invoice"
OWNED = "paid_invoice_keeps_its_customer"
SETTLED = "refund_is_decided_once_and_never_changed"

_PAID = "(SELECT ROUND(COALESCE(SUM(amount), 0), 2) FROM billing_payment WHERE invoice_id = NEW.invoice_id)"
_TAKEN = (
    "(SELECT ROUND(COALESCE(SUM(amount), 0), 2) FROM billing_refund"
    " WHERE invoice_id = NEW.invoice_id AND status IN ('pending', 'issued'))"
)
_CURRENCY = "(SELECT currency FROM billing_invoice WHERE id = NEW.invoice_id)"

_PAID_OTHERWISE = "SELECT 1 FROM billing_payment WHERE invoice_id = NEW.id AND currency <> NEW.currency"

_STATUS = "(SELECT status FROM billing_invoice WHERE id = NEW.invoice_id)"
_HAS_PAYMENT = "EXISTS (SELECT 1 FROM billing_payment WHERE invoice_id = NEW.id)"
_DECIDED = "OLD.status <> 'pending' OR NEW.amount <> OLD.amount OR NEW.currency <> OLD.currency"
_REFUNDS = refusing_updates("billing_refund", SETTLED, when=_DECIDED)

_MOVEMENTS = ("billing_refund", "billing_payment")


def _sqlite() -> dict[str, str]:
    definitions = {
        "billing_invoice_currency": "CREATE TRIGGER billing_invoice_currency AFTER UPDATE ON billing_invoice BEGIN"
        f" SELECT RAISE(ABORT, '{FOREIGN}') WHERE EXISTS ({_PAID_OTHERWISE});"
        f" SELECT RAISE(ABORT, '{OWNED}') WHERE NEW.customer_id <> OLD.customer_id AND {_HAS_PAYMENT}; END",
        "billing_refund_paid": "CREATE TRIGGER billing_refund_paid AFTER INSERT ON billing_refund BEGIN"
        f" SELECT RAISE(ABORT, '{UNPAID}') WHERE {_STATUS} <> 'paid'; END",
        "billing_refund_issued": "CREATE TRIGGER billing_refund_issued AFTER UPDATE ON billing_refund"
        " WHEN NEW.status = 'issued' BEGIN"
        f" SELECT RAISE(ABORT, '{UNPAID}') WHERE {_STATUS} <> 'paid'; END",
    }
    for table in _MOVEMENTS:
        for event in ("INSERT", "UPDATE"):
            name = f"{table}_ledger_{event.lower()}"
            checks = (
                f"SELECT RAISE(ABORT, '{EXCEEDED}') WHERE {_TAKEN} > {_PAID};"
                f" SELECT RAISE(ABORT, '{FOREIGN}') WHERE NEW.currency <> {_CURRENCY};"
            )
            if event == "UPDATE":
                checks += f" SELECT RAISE(ABORT, '{MOVED}') WHERE NEW.invoice_id <> OLD.invoice_id;"
            definitions[name] = f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {checks} END"
    return definitions


def _postgresql() -> tuple[str, ...]:
    movement = f"""
        CREATE OR REPLACE FUNCTION billing_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM billing_invoice WHERE id = NEW.invoice_id FOR NO KEY UPDATE;
            IF {_TAKEN} > {_PAID} THEN {raising(EXCEEDED)} END IF;
            IF NEW.currency <> {_CURRENCY} THEN {raising(FOREIGN)} END IF;
            IF TG_TABLE_NAME = 'billing_refund' THEN
                IF (TG_OP = 'INSERT' OR NEW.status = 'issued') AND {_STATUS} <> 'paid' THEN
                    {raising(UNPAID)}
                END IF;
            END IF;
            IF TG_OP = 'UPDATE' AND NEW.invoice_id <> OLD.invoice_id THEN {raising(MOVED)} END IF;
            RETURN NULL;
        END $$
    """
    invoice = f"""
        CREATE OR REPLACE FUNCTION billing_keep_currency() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS ({_PAID_OTHERWISE}) THEN {raising(FOREIGN)} END IF;
            IF NEW.customer_id <> OLD.customer_id AND {_HAS_PAYMENT} THEN {raising(OWNED)} END IF;
            RETURN NULL;
        END $$
    """
    kept = [(table, "INSERT OR UPDATE", "billing_keep_ledger") for table in _MOVEMENTS]
    kept.append(("billing_invoice", "UPDATE", "billing_keep_currency"))
    installed = (
        statement
        for table, events, function in kept
        for statement in (
            f"DROP TRIGGER IF EXISTS {table}_ledger ON {table}",
            f"CREATE TRIGGER {table}_ledger AFTER {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        )
    )
    return (movement, invoice, *installed)


TRIGGERS = Triggers(sqlite={**_sqlite(), **_REFUNDS.sqlite}, postgresql=(*_postgresql(), *_REFUNDS.postgresql))
