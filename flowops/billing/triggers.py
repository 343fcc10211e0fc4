"""The ledger's promise, kept by the database itself (M1): refunded + pending never exceeds paid, per invoice.

A CHECK sees one row and this promise spans tables, so triggers keep it, on whatever path a row is written.
Payments and refunds also carry their invoice's currency, always. PostgreSQL locks the invoice before summing:
the sum then sees every committed refund, and two concurrent ones take turns. NO KEY UPDATE, because the
foreign key check of the very insert already holds a KEY SHARE lock. SQLite has one writer at a time.
Sums are rounded to minor units: SQLite keeps decimals as floating-point numbers.
"""

from flowops import triggers

EXCEEDED = "refunded_never_exceeds_paid"
FOREIGN = "currency_is_the_invoices"

_PAID = "(SELECT ROUND(COALESCE(SUM(amount), 0), 2) FROM billing_payment WHERE invoice_id = {row}.invoice_id)"
_TAKEN = (
    "(SELECT ROUND(COALESCE(SUM(amount), 0), 2) FROM billing_refund"
    " WHERE invoice_id = {row}.invoice_id AND status IN ('pending', 'issued'))"
)
_CURRENCY = "(SELECT currency FROM billing_invoice WHERE id = {row}.invoice_id)"

_EVENTS = {
    "billing_refund": ("INSERT", "UPDATE"),
    "billing_payment": ("INSERT", "UPDATE", "DELETE"),
}


def install(using: str) -> None:
    triggers.install(using, {"sqlite": _sqlite(), "postgresql": _postgresql()})


def _sqlite() -> list[str]:
    statements = []
    for table, events in _EVENTS.items():
        for event in events:
            row = "OLD" if event == "DELETE" else "NEW"
            name = f"{table}_ledger_{event.lower()}"
            checks = f"SELECT RAISE(ABORT, '{EXCEEDED}') WHERE {_TAKEN} > {_PAID};"
            if row == "NEW":
                checks += f" SELECT RAISE(ABORT, '{FOREIGN}') WHERE NEW.currency <> {_CURRENCY};"
            statements += [
                f"DROP TRIGGER IF EXISTS {name}",
                f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {checks.format(row=row)} END",
            ]
    return statements


def _postgresql() -> list[str]:
    function = f"""
        CREATE OR REPLACE FUNCTION billing_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE touched record;
        BEGIN
            IF TG_OP = 'DELETE' THEN touched := OLD; ELSE touched := NEW; END IF;
            PERFORM 1 FROM billing_invoice WHERE id = touched.invoice_id FOR NO KEY UPDATE;
            IF {_TAKEN} > {_PAID} THEN
                RAISE EXCEPTION '{EXCEEDED}' USING ERRCODE = 'check_violation', CONSTRAINT = '{EXCEEDED}';
            END IF;
            IF TG_OP <> 'DELETE' AND touched.currency <> {_CURRENCY} THEN
                RAISE EXCEPTION '{FOREIGN}' USING ERRCODE = 'check_violation', CONSTRAINT = '{FOREIGN}';
            END IF;
            RETURN NULL;
        END $$
    """.format(row="touched")
    return [function] + [
        statement
        for table, events in _EVENTS.items()
        for statement in (
            f"DROP TRIGGER IF EXISTS {table}_ledger ON {table}",
            f"CREATE TRIGGER {table}_ledger AFTER {' OR '.join(events)} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION billing_keep_ledger()",
        )
    ]
