"""Who at work may do what: three groups. An operator may what a viewer may, and a supervisor what an operator may.

Permissions of other apps are named by string, as settings name apps.
"""

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

VIEW = "handoffs.view_handoff"
WORK = "handoffs.work_handoff"
SUPERVISE = "handoffs.supervise_handoff"

VIEWER, OPERATOR, SUPERVISOR = "viewer", "operator", "supervisor"

_VIEWER = (
    VIEW,
    "handoffs.view_proposal",
    "handoffs.view_ticket",
    "handoffs.view_comment",
    "handoffs.view_savedreply",
    "agent.view_interaction",
    "accounts.view_customer",
    "accounts.view_account",
    "billing.view_invoice",
    "billing.view_payment",
    "billing.view_refund",
)
_OPERATOR = (*_VIEWER, WORK)
_SUPERVISOR = (
    *_OPERATOR,
    SUPERVISE,
    *(f"handoffs.{act}_savedreply" for act in ("add", "change", "delete")),
    "outbox.view_event",
    "outbox.view_delivery",
    "audit.view_entry",
    "policy.view_policyversion",
    "policy.add_policyversion",
    "policy.activate_policyversion",
    *(f"accounts.{act}_{what}" for act in ("view", "add", "change") for what in ("apiclient", "operatortoken")),
)

PERMISSIONS = {VIEWER: _VIEWER, OPERATOR: _OPERATOR, SUPERVISOR: _SUPERVISOR}


def install(using: str) -> None:
    """Create the groups with their permissions; permissions added to a group by hand stay."""
    for label in {name.partition(".")[0] for name in _SUPERVISOR}:
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    for name, wanted in PERMISSIONS.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*Permission.objects.using(using).filter(_any_of(wanted)))


def _any_of(names: tuple[str, ...]) -> Q:
    any_of = Q()
    for label, _, codename in (name.partition(".") for name in names):
        any_of |= Q(content_type__app_label=label, codename=codename)
    return any_of
