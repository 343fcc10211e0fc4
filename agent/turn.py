"""The turn's shell: one message from start to end. Planning holds no transaction; only `apply` writes."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from agent import apply, gather, idempotency, plan, response
from agent.gather import LocalTools, Tools
from agent.idempotency import Held, InProgress, Replay
from agent.models import Interaction
from agent.plan import Drafter
from agent.values import Message, Mode, Plan
from flowops.accounts.models import ApiClient
from flowops.masking import masked
from flowops.problems import Unavailable
from policy import versions

logger = logging.getLogger(__name__)

REPLANS = 50  # enough for as many simultaneous messages of one customer: each round, one of them gets through


class Answer(NamedTuple):
    """The bytes to answer with, and the plan they were made from; of a replay, only the bytes."""

    body: bytes
    replayed: bool
    plan: Plan | None = None


class Ports(NamedTuple):
    """What a turn needs from outside; tests and other deployments bring their own."""

    tools: Tools = LocalTools()
    drafter: Drafter = plan.template_reply
    between_phases: Callable[[str], None] = lambda phase: None


PORTS = Ports()


def live(
    client: ApiClient,
    *,
    customer_id: str,
    message: str,
    request_id: str | None,
    now: datetime,
    ports: Ports = PORTS,
) -> Answer:
    """Answer a message and do what the answer says, once. Raises the refusals of `idempotency.begin`."""
    begun = idempotency.begin(client, customer_id=customer_id, message=message, request_id=request_id, now=now)
    if isinstance(begun, Replay):
        return Answer(begun.body, replayed=True)
    ports.between_phases("claimed")
    return _finish(begun, now, ports)


def shadow(
    client: ApiClient | None,
    *,
    customer_id: str,
    message: str,
    request_id: str | None,
    now: datetime,
    ports: Ports = PORTS,
) -> Answer:
    """What live would decide now. Writes nothing, sends nothing; without a client, no requestId can be taken."""
    idempotency.refuse_reuse(client, customer_id=customer_id, request_id=request_id)
    thought = _think(_message(customer_id, masked(message), Mode.SHADOW, None, now), ports)
    return Answer(response.of(thought, request_id=request_id), replayed=False, plan=thought)


def finish_orphans(now: Callable[[], datetime], *, limit: int = 100, ports: Ports = PORTS) -> int:
    """Finish interactions whose process died, without the client's help. Returns how many were finished.

    One that cannot be finished stays for the next round and holds up no other.
    """
    finished = 0
    for orphan in Interaction.objects.orphans().order_by("lease_until")[:limit]:
        held = idempotency.take_over(orphan)
        if held is None:
            continue
        logger.info("orphan_taken_over interaction=%s epoch=%s", orphan.id, held.epoch)
        try:
            _finish(held, now(), ports)
        except InProgress:
            continue
        except Exception:
            logger.exception("orphan_not_finished interaction=%s", orphan.id)
        else:
            finished += 1
    return finished


def _finish(held: Held, now: datetime, ports: Ports) -> Answer:
    stored = held.interaction
    message = _message(stored.customer_id, stored.request_text, Mode.LIVE, stored.id, now)
    for attempt in range(REPLANS):
        thought = _think(message, ports)
        ports.between_phases("planned")
        body = response.of(thought, request_id=stored.request_id)
        try:
            apply.plan(thought, epoch=held.epoch, response=body, now=now)
        except apply.FactsChanged:
            logger.info("replan interaction=%s attempt=%s", stored.id, attempt + 1)
            time.sleep(0.002 * attempt)
            continue
        except apply.LeaseLost:
            return _finished_by_another(stored)
        ports.between_phases("applied")
        return Answer(body, replayed=False, plan=thought)
    raise Unavailable


def _think(message: Message, ports: Ports) -> Plan:
    """Gather and compose. A defect in thinking gives the message to a person instead of failing the customer."""
    policy = versions.active()
    evidence = gather.facts(message.customer_id, ruleset=policy.ruleset, now=message.now, tools=ports.tools)
    ports.between_phases("gathered")
    try:
        thought = plan.compose(
            message, evidence, policy.ruleset, policy_version=policy.number, drafter=ports.drafter
        )
        if thought.rejected:
            logger.info(
                "draft_rejected interaction=%s sentences=%s", message.interaction_id, len(thought.rejected)
            )
        return thought
    except Exception:
        logger.exception("turn_failed interaction=%s", message.interaction_id)
        return plan.give_up(message, evidence, policy.ruleset, policy_version=policy.number)


def _finished_by_another(stored: Interaction) -> Answer:
    """We were taken for dead. If the new holder is done its answer is the answer; else it is still at work."""
    body = idempotency.answer_of(stored.id)
    if body is None:
        raise InProgress
    return Answer(body, replayed=True)


def _message(customer_id: str, text: str, mode: Mode, interaction_id: str | None, now: datetime) -> Message:
    return Message(customer_id=customer_id, text=text, mode=mode, interaction_id=interaction_id, now=now)
