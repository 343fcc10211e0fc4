"""`manage.py load_policy FILE`: all of it or nothing, and every fault by its place."""

import json
from io import StringIO

import pytest
import yaml
from django.core.management import CommandError, call_command

from flowops.audit.models import Entry
from flowops.outbox.models import Event
from policy import versions
from policy.models import PolicyVersion
from tests import factories
from tests.factories import STARTING_RULES
from tests.policy.worlds import changed, ruleset

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    """Writes a ruleset file."""

    def write(content):
        path = tmp_path / "rules.yaml"
        path.write_bytes(content if isinstance(content, bytes) else yaml.safe_dump(content).encode())
        return path

    return write


def load(*arguments):
    out = StringIO()
    call_command("load_policy", *arguments, stdout=out)
    return out.getvalue()


def stored():
    return PolicyVersion.objects.count(), Entry.objects.count(), Event.objects.count()


def test_a_good_file_is_published_and_active():
    said = load(STARTING_RULES)
    version = PolicyVersion.objects.get()
    assert said == f"policy version 1 published and active, checksum {version.checksum[:12]}\n"
    assert versions.active() == (1, ruleset())
    assert [(entry.actor, entry.action) for entry in Entry.objects.order_by("id")] == [
        ("manage.py", "policy.published"),
        ("manage.py", "policy.activated"),
    ]


def test_a_json_file_is_read_too(file):
    load(file(json.dumps(changed("name", "From JSON")).encode()))
    assert versions.active().ruleset.name == "From JSON"


def test_a_second_file_takes_over(file):
    factories.active_policy()
    load(file(changed("name", "New rules")))
    assert (versions.active().number, versions.active().ruleset.name) == (2, "New rules")


def test_check_only_reads_the_file():
    assert load(STARTING_RULES, "--check") == f"{STARTING_RULES} is a valid ruleset\n"
    assert stored() == (0, 0, 0)


def test_no_activate_leaves_the_active_version(file):
    factories.active_policy()
    said = load(file(changed("name", "New rules")), "--no-activate")
    assert said.startswith("policy version 2 published, checksum ")
    assert versions.active().number == 1
    assert versions.get(2).ruleset.name == "New rules"


@pytest.mark.parametrize("options", [(), ("--check",), ("--no-activate",)], ids=["load", "check", "no_activate"])
def test_an_invalid_file_is_refused_with_the_place_of_each_fault(file, options):
    factories.active_policy()
    before = stored()
    content = changed("plans.pro.claim_minutes", 0)
    content["escalation"]["memory_interactions"] = 51
    with pytest.raises(CommandError) as refusal:
        load(file(content), *options)
    assert str(refusal.value).splitlines() == [
        "not a valid ruleset:",
        "  $.escalation.memory_interactions: must be from 0 to 50",
        "  $.plans.pro.claim_minutes: must be from 1 to 525600",
        "  $.plans.enterprise.claim_minutes: must not exceed that of 'pro' (0)",
    ]
    assert stored() == before
    assert versions.active().number == 1


@pytest.mark.parametrize("options", [(), ("--check",)], ids=["load", "check"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"- format: 1", "must be a mapping", id="list"),
        pytest.param(b"", "must be a mapping", id="empty"),
        pytest.param(b"rules", "must be a mapping", id="text"),
        pytest.param(b"plans: {free: [", "cannot be read", id="not_yaml"),
        pytest.param(b"name: !!python/object/apply:os.getcwd []", "cannot be read", id="code"),
        pytest.param(b"name: \xff\xfe", "cannot be read", id="not_utf8"),
    ],
)
def test_what_is_no_mapping_in_yaml_is_refused(file, content, said, options):
    path = file(content)
    with pytest.raises(CommandError, match=said) as refusal:
        load(path, *options)
    assert str(path) in str(refusal.value)
    assert stored() == (0, 0, 0)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.yaml cannot be read"):
        load(tmp_path / "nowhere.yaml")
    assert stored() == (0, 0, 0)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        load(tmp_path)
    assert stored() == (0, 0, 0)


@pytest.mark.parametrize("text", ["name: a\nname: b\n", "name: 2026-13-45\n"], ids=["key_twice", "no_such_day"])
def test_a_file_that_can_be_read_two_ways_or_not_at_all_is_refused(tmp_path, text):
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("load_policy", str(file))
