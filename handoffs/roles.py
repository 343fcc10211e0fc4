"""Who at work may do what: three groups over three permissions. An operator may what a viewer may, and so on."""

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

VIEW = "handoffs.view_handoff"
WORK = "handoffs.work_handoff"
SUPERVISE = "handoffs.supervise_handoff"

VIEWER, OPERATOR, SUPERVISOR = "viewer", "operator", "supervisor"

PERMISSIONS = {
    VIEWER: (VIEW,),
    OPERATOR: (VIEW, WORK),
    SUPERVISOR: (VIEW, WORK, SUPERVISE),
}


def install(using: str) -> None:
    """Create the groups with their permissions; permissions added to a group by hand stay."""
    create_permissions(apps.get_app_config("handoffs"), verbosity=0, using=using)
    for name, wanted in PERMISSIONS.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        codenames = [permission.partition(".")[2] for permission in wanted]
        group.permissions.add(
            *Permission.objects.using(using).filter(content_type__app_label="handoffs", codename__in=codenames)
        )
