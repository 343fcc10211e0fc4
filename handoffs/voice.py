"""How people's decisions and replies are put into words and proven. What can do that stands on a higher floor:
`settings.HANDOFF_VOICE` names it by string, as settings name apps."""

from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from flowops.billing.models import Refund
from handoffs.models import Handoff


class Voice(Protocol):
    def findings(self, text: str, handoff: Handoff) -> list[dict[str, str]]:
        """What in a reply is not known or not licensed, each {check, span, detail}; none: all of it is proven."""

    def refund_issued(self, handoff: Handoff, refund: Refund) -> str:
        """The mail that tells of an approved refund, once it is issued."""

    def refund_denied(self, handoff: Handoff, refund: Refund) -> str:
        """The mail that tells of a person's no."""


def voice() -> Voice:
    speaker: Any = import_string(settings.HANDOFF_VOICE)
    return speaker  # type: ignore[no-any-return]
