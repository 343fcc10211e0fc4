"""The ledger's promise, kept by the database itself (M1): refunded + pending never exceeds paid, per invoice.

A CHECK sees one row and this promise spans tables, so triggers keep it, on whatever path a row is written.
Payments and refunds also carry their invoice's currency, always. PostgreSQL locks the invoice before summing:
the sum then sees every committed refund, and two concurrent ones take turns. NO KEY UPDATE, because the
foreign key check of the very insert already holds a KEY SHARE lock. SQLite has one writer at a time.
Sums are rounded to minor units: SQLite keeps decimals as floating-point numbers. Deleting a payment is not looked
at: no route or form offers it, and emptying a table row by row must stay possible.
"""

from flowops.triggers import Triggers

EXCEEDED = "refunded_never_exceeds_paid"
FOREIGN = "currency_is_the_invoices"

_PAID = "(SELECT ROUND(COALESCE(SUM(amount), 0), 2) FROM billing_payment WHERE invoice_id = NEW.invoice_id)"
_TAKEN = (
    "(SELECT ROUND(COALESCE(SUM(amount), 0), 2) FROM billing_refund"
    " WHERE invoice_id = NEW.invoice_id AND status IN ('pending', 'issued'))"
)
_CURRENCY = "(SELECT currency FROM billing_invoice WHERE id = NEW.invoice_id)"

_EVENTS = {
    "billing_refund": ("INSERT", "UPDATE"),
    "billing_payment": ("INSERT", "UPDATE"),
}


def _sqlite() -> dict[str, str]:
    definitions = {}
    for table, events in _EVENTS.items():
        for event in events:
            name = f"{table}_ledger_{event.lower()}"
            checks = (
                f"SELECT RAISE(ABORT, '{EXCEEDED}') WHERE {_TAKEN} > {_PAID};"
                f" SELECT RAISE(ABORT, '{FOREIGN}') WHERE NEW.currency <> {_CURRENCY};"
            )
            definitions[name] = f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {checks} END"
    return definitions


def _postgresql() -> tuple[str, ...]:
    function = f"""
        CREATE OR REPLACE FUNCTION billing_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM billing_invoice WHERE id = NEW.invoice_id FOR NO KEY UPDATE;
            IF {_TAKEN} > {_PAID} THEN
                RAISE EXCEPTION '{EXCEEDED}' USING ERRCODE = 'check_violation', CONSTRAINT = '{EXCEEDED}';
            END IF;
            IF NEW.currency <> {_CURRENCY} THEN
                RAISE EXCEPTION '{FOREIGN}' USING ERRCODE = 'check_violation', CONSTRAINT = '{FOREIGN}';
            END IF;
            RETURN NULL;
        END $$
    """
    installed = (
        statement
        for table, events in _EVENTS.items()
        for statement in (
            f"DROP TRIGGER IF EXISTS {table}_ledger ON {table}",
            f"CREATE TRIGGER {table}_ledger AFTER {' OR '.join(events)} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION billing_keep_ledger()",
        )
    )
    return (function, *installed)


TRIGGERS = Triggers(sqlite=_sqlite(), postgresql=_postgresql())
