import difflib
import json
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from agent import plan
from agent.models import Interaction
from agent.values import Plan
from policy import versions


class Command(BaseCommand):
    help = "Think a stored interaction through again from its recorded inputs, and show any difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("interaction", metavar="ID")

    def handle(self, *args: Any, interaction: str, **options: Any) -> None:
        stored = _stored_plan(interaction)
        policy = versions.get(stored.decision.policy_version)
        again = plan.compose(stored.message, stored.evidence, policy.ruleset, policy_version=policy.number)
        difference = "\n".join(difflib.unified_diff(_lines(stored), _lines(again), "recorded", "now", lineterm=""))
        if difference:
            self.stdout.write(difference)
            raise CommandError(f"{interaction} would be planned differently now")
        self.stdout.write(f"{interaction}: same plan, {stored.decision.rule}, {stored.reply!r}")


def _stored_plan(interaction_id: str) -> Plan:
    row = Interaction.objects.filter(id=interaction_id).first()
    if row is None:
        raise CommandError(f"there is no interaction {interaction_id!r}")
    if row.plan is None:
        raise CommandError(f"{interaction_id} is not finished yet")
    return msgspec.convert(row.plan, Plan)


def _lines(plan: Plan) -> list[str]:
    return json.dumps(msgspec.to_builtins(plan), indent=2, sort_keys=True, ensure_ascii=False).splitlines()
