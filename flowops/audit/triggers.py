"""An audit entry, once written, is never changed, whoever writes and how (S3)."""

from flowops.triggers import refusing_updates

UNCHANGED = "audit_entry_is_never_changed"
TRIGGERS = refusing_updates("audit_entry", UNCHANGED)
