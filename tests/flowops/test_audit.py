"""S3: the trail is append-only; through the ORM no entry can be changed or removed."""

import pytest
from django.db import IntegrityError, connection, transaction

from flowops.audit import trail
from flowops.audit.models import AppendOnly, Entry
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def _act(subject: str = "hof_1") -> trail.Act:
    return trail.Act(
        actor="olga", action="handoff.claimed", subject=subject, customer_id="cust_1", data={"version": 2}
    )


@pytest.fixture
def entry():
    trail.record([_act()], now=NOW)
    return Entry.objects.get()


def test_an_act_is_recorded_as_it_was(entry):
    told = (entry.at, entry.actor, entry.action, entry.subject, entry.customer_id, entry.data)
    assert told == (NOW, "olga", "handoff.claimed", "hof_1", "cust_1", {"version": 2})


def test_acts_are_kept_in_their_order():
    trail.record([_act(f"hof_{number}") for number in range(5)], now=NOW)
    trail.record([_act("hof_5")], now=NOW)
    subjects = list(Entry.objects.order_by("id").values_list("subject", flat=True))
    assert subjects == [f"hof_{number}" for number in range(6)]


def test_an_act_undone_leaves_no_entry():
    with transaction.atomic():
        trail.record([_act()], now=NOW)
        transaction.set_rollback(True)
    assert Entry.objects.count() == 0


def _save(entry):
    entry.actor = "mallory"
    entry.save()


def _save_a_field(entry):
    entry.actor = "mallory"
    entry.save(update_fields=["actor"])


CHANGES = {
    "saving it again": _save,
    "saving a field": _save_a_field,
    "deleting it": lambda entry: entry.delete(),
    "updating all": lambda entry: Entry.objects.update(actor="mallory"),
    "updating some": lambda entry: Entry.objects.filter(pk=entry.pk).update(actor="mallory"),
    "deleting all": lambda entry: Entry.objects.all().delete(),
    "deleting some": lambda entry: Entry.objects.filter(pk=entry.pk).delete(),
    "updating or creating": lambda entry: Entry.objects.update_or_create(
        pk=entry.pk, defaults={"actor": "mallory"}
    ),
    "updating many": lambda entry: Entry.objects.bulk_update([entry], ["actor"]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_entry_is_never_changed_or_removed(entry, change):
    with pytest.raises(AppendOnly), transaction.atomic():
        change(entry)
    assert Entry.objects.values_list("actor", flat=True).get() == "olga"


AROUND = {
    "a new entry with an old key": lambda entry: Entry(
        pk=entry.pk, at=entry.at, actor="mallory", action="x", subject="x", data={}
    ).save(),
    "inserting over it": lambda entry: Entry.objects.bulk_create(
        [Entry(pk=entry.pk, at=entry.at, actor="mallory", action="x", subject="x", data={})],
        update_conflicts=True,
        update_fields=["actor"],
        unique_fields=["id"],
    ),
    "SQL": lambda entry: connection.cursor().execute("UPDATE audit_entry SET actor = 'mallory'"),
}


@pytest.mark.parametrize("change", AROUND.values(), ids=AROUND)
def test_nor_is_it_changed_around_its_model(entry, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change(entry)
    assert Entry.objects.values_list("actor", flat=True).get() == "olga"
