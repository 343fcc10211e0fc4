"""One execution per (client, customer, requestId), whoever dies on the way (O1, O2).

An interaction is claimed by inserting its row: the unique constraint lets one caller through. It is held under a
lease by the database's clock; when that runs out, whoever raises its epoch first takes it over, and the former
holder's epoch no longer matches when it comes to write. Retries of finished requests get the stored bytes.
"""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from agent.models import Interaction, InteractionState, lease_end
from agent.values import Mode
from flowops import canonical
from flowops.accounts.models import ApiClient
from flowops.masking import masked
from flowops.problems import Problem


class Held(NamedTuple):
    """An interaction that is ours to finish, and the epoch that proves it."""

    interaction: Interaction
    epoch: int


class Replay(NamedTuple):
    """The stored answer of a finished interaction."""

    body: bytes


class KeyReused(Problem):
    status = 422
    error = "idempotency_payload_mismatch"

    def __init__(self) -> None:
        super().__init__("This requestId was used with another message or mode.")


class InProgress(Problem):
    status = 409
    error = "request_in_progress"

    def __init__(self) -> None:
        super().__init__("This request is being worked on.", headers={"Retry-After": "1"})


class ReplayUnavailable(Problem):
    """The answer's retention has ended. The request was executed, and is never executed again."""

    status = 409
    error = "replay_unavailable"

    def __init__(self, interaction: Interaction) -> None:
        super().__init__(
            "This request was answered too long ago to repeat the answer.",
            extra={"interactionId": interaction.id, "ticketId": interaction.ticket_id},
        )


def fingerprint(*, customer_id: str, message: str, mode: Mode) -> str:
    """What a request means: equal requests, and only those, have equal fingerprints.

    Of what is masked, a keyed hash: who has the row could try out the numbers of a plain one.
    """
    shown = masked(message)
    hidden = [] if shown == message else [salted_hmac(__name__, message, algorithm="sha256").hexdigest()]
    return canonical.digest([customer_id, shown, mode.value, *hidden])


def begin(
    client: ApiClient, *, customer_id: str, message: str, request_id: str | None, now: datetime
) -> Held | Replay:
    """Claim the request, or find its answer. Raises KeyReused, InProgress, ReplayUnavailable."""
    mark = fingerprint(customer_id=customer_id, message=message, mode=Mode.LIVE)
    if request_id is None:
        return _insert(client, customer_id, message, None, mark, now)
    stored = Interaction.objects.for_request(client, customer_id, request_id)
    if stored is None:
        try:
            return _insert(client, customer_id, message, request_id, mark, now)
        except IntegrityError:  # somebody else was first
            stored = Interaction.objects.for_request(client, customer_id, request_id)
    if stored is None:
        raise InProgress
    return _resume(stored, mark)


def refuse_reuse(client: ApiClient | None, *, customer_id: str, request_id: str | None) -> None:
    """Shadow claims nothing, but may not borrow a live request's key. Raises KeyReused."""
    if client and request_id and Interaction.objects.for_request(client, customer_id, request_id):
        raise KeyReused


def take_over(interaction: Interaction) -> Held | None:
    """Hold an interaction whose lease has run out; None when somebody else was faster."""
    raised = (
        Interaction.objects.orphans()
        .filter(pk=interaction.pk, epoch=interaction.epoch)
        .update(epoch=F("epoch") + 1, lease_until=lease_end())
    )
    return Held(interaction, interaction.epoch + 1) if raised else None


def answer_of(interaction_id: str) -> bytes | None:
    """The stored answer, when somebody else has finished the interaction meanwhile."""
    done = Interaction.objects.filter(id=interaction_id, state=InteractionState.DONE).only("response").first()
    return bytes(done.response) if done and done.response else None


def forget_old_answers(now: datetime, *, batch: int = 1000) -> int:
    """Turn answers past their retention into tombstones: the body goes, the key stays taken. Returns how many."""
    limit = now - timedelta(days=settings.REPLAY_RETENTION_DAYS)
    old = Interaction.objects.filter(
        state=InteractionState.DONE, response__isnull=False, completed_at__lt=limit
    ).values_list("pk", flat=True)[:batch]
    return Interaction.objects.filter(pk__in=list(old)).update(response=None)


def _insert(
    client: ApiClient, customer_id: str, message: str, request_id: str | None, mark: str, now: datetime
) -> Held:
    interaction = Interaction(
        id=f"int_{secrets.token_hex(10)}",
        client=client,
        customer_id=customer_id,
        request_id=request_id,
        fingerprint=mark,
        request_text=masked(message),
        lease_until=lease_end(),
        created_at=now,
    )
    # A single INSERT needs no BEGIN. Inside a caller's transaction it does, so that a refusal can be caught.
    if transaction.get_connection().in_atomic_block:
        with transaction.atomic():
            interaction.save(force_insert=True)
    else:
        interaction.save(force_insert=True)
    return Held(interaction, interaction.epoch)


def _resume(stored: Interaction, mark: str) -> Held | Replay:
    if stored.fingerprint != mark:
        raise KeyReused
    if stored.state == InteractionState.STARTED:
        if held := take_over(stored):
            return held
        raise InProgress
    if stored.response is None:
        raise ReplayUnavailable(stored)
    Interaction.objects.filter(pk=stored.pk).update(replay_count=F("replay_count") + 1)
    return Replay(bytes(stored.response))
