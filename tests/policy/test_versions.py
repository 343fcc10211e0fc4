"""A published version is never changed, exactly one decides, and every switch leaves its trace. (S3)"""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from flowops import canonical
from flowops.audit.models import Entry
from flowops.outbox.models import Event
from policy import triggers, versions
from policy.models import Immutable, PolicyVersion, Tampered
from policy.ruleset import NotARuleset
from policy.versions import NoActivePolicy
from tests import factories
from tests.factories import NOW
from tests.policy.worlds import changed, ruleset, starting

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def publish(name="Starting rules", by=None):
    return versions.publish(changed("name", name), by=by, now=NOW)


def entries(action):
    return list(Entry.objects.filter(action=action).order_by("id"))


# Publish


def test_versions_are_numbered_in_order_and_start_inactive():
    first, second = publish("one"), publish("two")
    assert (first.number, second.number) == (1, 2)
    assert not PolicyVersion.objects.filter(is_active=True).exists()
    assert str(second) == "version 2"
    assert list(PolicyVersion.objects.all()) == [second, first]


def test_a_version_keeps_what_was_published_by_whom_and_its_checksum():
    person = factories.UserFactory()
    publish(by=person)
    stored = PolicyVersion.objects.get()
    assert stored.content == starting()
    assert stored.checksum == canonical.digest(starting())
    assert (stored.created_by, stored.created_at) == (person, NOW)
    assert stored.ruleset == ruleset()


def test_publishing_is_in_the_audit_trail_and_no_event():
    person = factories.UserFactory(username="mira")
    version = publish(by=person)
    (entry,) = entries("policy.published")
    assert (entry.actor, entry.subject, entry.at) == ("mira", "policy_1", NOW)
    assert entry.data == {"checksum": version.checksum}
    assert not Event.objects.exists()


def test_an_invalid_ruleset_is_not_published():
    with pytest.raises(NotARuleset):
        versions.publish(changed("format", 2), by=None, now=NOW)
    assert not PolicyVersion.objects.exists()
    assert not Entry.objects.exists()


# Activate


def test_the_active_version_decides():
    publish("one")
    second = publish("two")
    versions.activate(second, by=None, now=NOW)
    active = versions.active()
    assert (active.number, active.ruleset.name) == (2, "two")


def test_a_published_version_is_never_deleted():
    version = publish()
    with pytest.raises(Immutable):
        version.delete()
    with pytest.raises(Immutable):
        PolicyVersion.objects.all().delete()


def test_a_version_that_is_gone_is_not_activated_in_place_of_the_active_one():
    first, gone = publish(), publish("two")
    versions.activate(first, by=None, now=NOW)
    PolicyVersion.objects.filter(pk=gone.pk)._raw_delete("default")
    with pytest.raises(PolicyVersion.DoesNotExist):
        versions.activate(gone, by=None, now=NOW)
    assert versions.active().number == 1


def test_without_an_active_version_nothing_may_be_decided():
    publish()
    with pytest.raises(NoActivePolicy) as refusal:
        versions.active()
    assert refusal.value.status == 503
    assert "load_policy" in refusal.value.detail


def test_activating_another_version_switches_at_once():
    first, second = publish("one"), publish("two")
    versions.activate(first, by=None, now=NOW)
    versions.activate(second, by=None, now=LATER)
    assert [version.number for version in PolicyVersion.objects.filter(is_active=True)] == [2]


def test_an_earlier_version_can_be_made_active_again():
    first, second = publish("one"), publish("two")
    for turn, version in enumerate((first, second, first)):
        versions.activate(version, by=None, now=NOW + timedelta(hours=turn))
    assert versions.active().number == 1
    assert Event.objects.count() == 3


def test_activating_is_in_the_audit_trail_and_in_the_outbox():
    version = publish()
    versions.activate(version, by=factories.UserFactory(username="mira"), now=LATER)
    (entry,) = entries("policy.activated")
    assert (entry.actor, entry.subject, entry.customer_id, entry.at) == ("mira", "policy_1", "", LATER)
    assert entry.data == {"checksum": version.checksum}
    event = Event.objects.get()
    assert (event.name, event.customer_id, event.created_at) == ("policy.activated", "", LATER)
    assert event.payload == {"version": 1, "checksum": version.checksum}


def test_activating_from_the_command_line_names_manage_py():
    versions.activate(publish(), by=None, now=NOW)
    assert [entry.actor for entry in Entry.objects.all()] == ["manage.py", "manage.py"]


def test_activating_the_active_version_changes_nothing():
    version = publish()
    versions.activate(version, by=None, now=NOW)
    versions.activate(version, by=None, now=LATER)
    assert PolicyVersion.objects.get().is_active
    assert len(entries("policy.activated")) == 1
    assert Event.objects.count() == 1


def test_an_activation_that_cannot_be_told_does_not_happen():
    """The same cause, published twice, is refused by the outbox: the switch is undone with it."""
    first, second = publish("one"), publish("two")
    for version in (first, second):
        versions.activate(version, by=None, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        versions.activate(first, by=None, now=NOW)
    assert versions.active().number == 2
    assert len(entries("policy.activated")) == 2


def test_a_version_is_found_by_its_number_active_or_not():
    publish("one")
    assert versions.get(1).ruleset.name == "one"
    with pytest.raises(PolicyVersion.DoesNotExist):
        versions.get(2)


# The database keeps it


def test_two_versions_cannot_be_active():
    publish("one")
    publish("two")
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.update(is_active=True)
    assert not PolicyVersion.objects.filter(is_active=True).exists()


def test_two_versions_cannot_have_one_number():
    version = publish()
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.create(number=1, content=version.content, checksum=version.checksum)
    assert PolicyVersion.objects.count() == 1


def test_a_stored_version_is_not_saved_again():
    version = publish()
    version.content = changed("name", "Other rules")
    with pytest.raises(Immutable, match="version 1"):
        version.save()
    with pytest.raises(Immutable):
        PolicyVersion.objects.get().save()
    assert PolicyVersion.objects.get().content == starting()


@pytest.mark.parametrize(
    "change",
    [{"content": {"name": "Other rules"}}, {"checksum": "0" * 64}, {"number": 9}],
    ids=lambda c: next(iter(c)),
)
def test_the_database_refuses_to_change_a_version(change):
    publish()
    with pytest.raises(IntegrityError, match=triggers.IMMUTABLE), transaction.atomic():
        PolicyVersion.objects.update(**change)
    assert versions.get(1).ruleset == ruleset()


def without_the_trigger(change):
    """Change every version behind the trigger's back, which then stands again."""
    of_table = " ON policy_policyversion" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {triggers.IMMUTABLE}{of_table}")
    try:
        PolicyVersion.objects.update(**change)
    finally:
        triggers.TRIGGERS.install("default")


def test_tampered_content_decides_nothing():
    factories.active_policy()
    without_the_trigger({"content": changed("auto_refund_limits.per_customer.EUR", "9000.00")})
    with pytest.raises(Tampered) as alarm:
        versions.active()
    assert (alarm.value.status, alarm.value.detail) == (503, "Policy version 1 is not what was published.")
    with pytest.raises(Tampered):
        versions.get(1)


def test_the_trigger_stands_again_after_it_is_reinstalled():
    publish()
    without_the_trigger({"checksum": "0" * 64})
    with pytest.raises(IntegrityError, match=triggers.IMMUTABLE), transaction.atomic():
        PolicyVersion.objects.update(checksum="1" * 64)


def test_content_is_checked_where_a_form_would_store_it():
    PolicyVersion(number=1, content=starting()).clean()
    with pytest.raises(ValidationError) as refusal:
        PolicyVersion(number=1, content=changed("escalation.memory_interactions", 51)).clean()
    assert refusal.value.message_dict == {"content": ["$.escalation.memory_interactions: must be from 0 to 50"]}
