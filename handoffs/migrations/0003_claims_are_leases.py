from datetime import timedelta

from django.db import migrations, models

LEASE = timedelta(minutes=30)


def give_open_claims_a_lease(apps, schema_editor):
    """Claims from before there were leases run from their start; what is older returns to the queue."""
    handoffs = apps.get_model("handoffs", "Handoff").objects.using(schema_editor.connection.alias)
    handoffs.filter(status="claimed").update(claimed_until=models.F("claimed_at") + LEASE)


class Migration(migrations.Migration):
    dependencies = [("handoffs", "0002_console")]

    operations = [
        migrations.RunPython(give_open_claims_a_lease, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='handoff',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('claimed_at', None), ('claimed_by', None), ('claimed_until', None), ('resolved_at', None), ('status', 'pending')), models.Q(('claimed_at__isnull', False), ('claimed_by__isnull', False), ('claimed_until__isnull', False), ('resolved_at', None), ('status', 'claimed')), models.Q(('resolved_at__isnull', False), ('resolved_by__isnull', False), ('status', 'resolved')), _connector='OR'), name='handoff_status_has_its_people'),
        ),
    ]
