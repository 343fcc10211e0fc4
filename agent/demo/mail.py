"""The demo's mail server: every mail becomes a file, and one domain refuses, as a receiver that is down does."""

from collections.abc import Sequence
from smtplib import SMTPServerDisconnected

from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend

DOWN = "@down.example"


class DemoMail(EmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Raises SMTPServerDisconnected, and writes nothing, when one of the mails goes to the refusing domain."""
        if any(address.endswith(DOWN) for message in email_messages for address in message.recipients()):
            raise SMTPServerDisconnected(f"{DOWN.lstrip('@')} closed the connection")
        return super().send_messages(email_messages) or 0
