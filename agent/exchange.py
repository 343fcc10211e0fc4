"""A message put to the agent from the chat panel, by the very turn that /chat takes, and what came of it."""

import secrets
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import InterfaceError, OperationalError

from agent import trace, turn
from agent.models import Interaction, InteractionState
from agent.response import ChatResponse
from agent.trace import Badge, Trace
from agent.values import Mode
from flowops.accounts import keys
from flowops.accounts.models import ApiClient
from flowops.problems import Problem, Unavailable

CLIENT = "chat panel"


class Asked(NamedTuple):
    customer_id: str
    message: str
    mode: Mode
    request_id: str | None = None


class Exchange(NamedTuple):
    """What was asked, and the answer with the way to it, or the problem that came instead.

    `raw` is the body that /chat answers; `trace` is None where none is kept.
    """

    asked: Asked
    reply: str = ""
    raw: str = ""
    badges: tuple[Badge, ...] = ()
    trace: Trace | None = None
    interaction_id: str | None = None
    problem: Problem | None = None


class SwitchedOff(Problem):
    """The panel's own client was revoked, as any other can be."""

    status = 403
    error = "forbidden"

    def __init__(self) -> None:
        super().__init__("The chat panel is switched off: its API client is revoked.")


def new_request_id() -> str:
    return f"panel-{secrets.token_hex(6)}"


def ask(asked: Asked, *, now: datetime, ports: turn.Ports = turn.PORTS) -> Exchange:
    """Take the turn. A refusal is an exchange too, and says why."""
    try:
        return _answered(asked, _take_turn(asked, now, ports), now)
    except Problem as problem:
        return Exchange(asked, problem=problem)
    except (OperationalError, InterfaceError):
        return Exchange(asked, problem=Unavailable())


def recall(interaction_id: str, *, now: datetime) -> Exchange | None:
    """A finished live exchange as it stands now: its mails may have left meanwhile."""
    stored = Interaction.objects.filter(id=interaction_id, state=InteractionState.DONE).first()
    if stored is None:
        return None
    asked = Asked(stored.customer_id, stored.request_text, Mode.LIVE, stored.request_id)
    made = trace.stored(stored, now=now)
    return Exchange(
        asked,
        reply=stored.reply_text,
        raw=_pretty(bytes(stored.response or b"null")),
        badges=made.badges if made else (),
        trace=made,
        interaction_id=stored.id,
    )


def panel_client() -> ApiClient:
    """The client the panel asks as, made once. Its prefix is no key's, so no key proves it. Raises SwitchedOff."""
    made = {"name": CLIENT, "digest": keys.make().digest}
    client, _ = ApiClient.objects.get_or_create(prefix=CLIENT, defaults=made)
    return _in_use(client)


def _client_if_any() -> ApiClient | None:
    client = ApiClient.objects.filter(prefix=CLIENT).first()
    return _in_use(client) if client else None


def _in_use(client: ApiClient) -> ApiClient:
    if client.revoked_at:
        raise SwitchedOff
    return client


def _take_turn(asked: Asked, now: datetime, ports: turn.Ports) -> turn.Answer:
    said = {"customer_id": asked.customer_id, "message": asked.message}
    if asked.mode is Mode.SHADOW:
        return turn.shadow(_client_if_any(), request_id=asked.request_id, now=now, ports=ports, **said)
    return turn.live(panel_client(), request_id=asked.request_id, now=now, ports=ports, **said)


def _answered(asked: Asked, answer: turn.Answer, now: datetime) -> Exchange:
    told = msgspec.json.decode(answer.body, type=ChatResponse)
    interaction_id = told.interaction_id or None
    if answer.plan is not None:
        made: Trace | None = trace.of(answer.plan, now=now)
    else:
        made = trace.stored(Interaction.objects.get(id=interaction_id), now=now)
    return Exchange(
        asked,
        reply=told.reply,
        raw=_pretty(answer.body),
        badges=(*((trace.REPLAYED,) if answer.replayed else ()), *(made.badges if made else ())),
        trace=made,
        interaction_id=interaction_id,
    )


def _pretty(body: bytes) -> str:
    return msgspec.json.format(body, indent=2).decode()
