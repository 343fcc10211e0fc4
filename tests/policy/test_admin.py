"""Policy in the console: publish a copy with changes, make one version active, change none. (S3, S4)"""

import json

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.urls import reverse

from flowops.audit.models import Entry
from policy import versions
from policy.models import PolicyVersion
from tests import factories
from tests.factories import NOW
from tests.policy.worlds import changed, starting

pytestmark = pytest.mark.django_db

ADD = reverse("admin:policy_policyversion_add")
LIST = reverse("admin:policy_policyversion_changelist")


@pytest.fixture(autouse=True)
def static_files(settings, tmp_path):
    """Nothing is collected in a fresh checkout, of which WhiteNoise would warn."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def console(client):
    """A browser in which a superuser is signed in."""
    client.force_login(factories.UserFactory(username="mira", is_superuser=True))
    return client


def said(response):
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def activate(console, *chosen):
    form = {"action": "activate", "_selected_action": [version.pk for version in chosen]}
    return console.post(LIST, form)


def new_version(name="New rules"):
    return versions.publish(changed("name", name), by=None, now=NOW)


def actions():
    return [(entry.actor, entry.action) for entry in Entry.objects.order_by("id")]


def test_a_new_version_starts_as_a_copy_of_the_active_one(console):
    factories.active_policy()
    new_version("Not active")
    form = console.get(ADD).context["adminform"].form
    assert list(form.fields) == ["content"]
    assert json.loads(form["content"].value()) == starting()


def test_the_first_version_starts_empty(console):
    form = console.get(ADD).context["adminform"].form
    assert form["content"].value() in (None, "null")


def test_a_valid_ruleset_is_published_but_not_active(console):
    factories.active_policy()
    response = console.post(ADD, {"content": json.dumps(changed("name", "New rules"))})
    assert response.status_code == 302
    assert ("info", "Version 2 is published, not yet active.") in said(response)
    assert versions.active().number == 1
    published = PolicyVersion.objects.get(number=2)
    assert (published.ruleset.name, published.created_by.username) == ("New rules", "mira")
    assert actions()[-1] == ("mira", "policy.published")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(
            json.dumps(changed("plans.pro.refund_bands.EUR.0.over", "1.00")),
            "$.plans.pro.refund_bands.EUR[0].over: leaves a gap",
            id="gap",
        ),
        pytest.param(json.dumps(changed("escalation.x", 1)), "$.escalation: Object contains unknown", id="key"),
        pytest.param("[]", "This field is required.", id="empty"),
        pytest.param("7", "$: Expected", id="number"),
        pytest.param("{", "Enter a valid JSON.", id="not_json"),
    ],
)
def test_an_invalid_ruleset_is_refused_with_the_place_of_the_fault(console, content, told):
    response = console.post(ADD, {"content": content})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["content"][0].startswith(told)
    assert not PolicyVersion.objects.exists()
    assert not Entry.objects.exists()


def test_a_published_version_is_shown_and_cannot_be_changed_or_deleted(console):
    version = factories.active_policy()
    page = reverse("admin:policy_policyversion_change", args=[version.pk])
    shown = console.get(page)
    assert shown.status_code == 200
    assert version.checksum in shown.content.decode()
    assert not shown.context["has_change_permission"]
    assert console.post(page, {"content": json.dumps(changed("name", "Other"))}).status_code == 403
    delete = reverse("admin:policy_policyversion_delete", args=[version.pk])
    assert console.post(delete, {"post": "yes"}).status_code == 403
    assert PolicyVersion.objects.get().content == starting()


def test_the_chosen_version_becomes_the_active_one(console):
    factories.active_policy()
    chosen = new_version()
    response = activate(console, chosen)
    assert said(response) == [("success", "Version 2 decides from now on.")]
    assert [version.number for version in PolicyVersion.objects.filter(is_active=True)] == [2]
    assert actions()[-1] == ("mira", "policy.activated")


def test_of_two_chosen_versions_none_becomes_active(console):
    factories.active_policy()
    before = actions()
    response = activate(console, new_version("two"), new_version("three"))
    assert said(response) == [("error", "Choose exactly one version.")]
    assert versions.active().number == 1
    assert [entry for entry in actions() if entry not in before] == []


def test_without_the_permission_no_version_can_be_made_active(client):
    factories.active_policy()
    person = factories.UserFactory()
    person.user_permissions.set(Permission.objects.filter(codename="view_policyversion"))
    client.force_login(person)
    assert client.get(LIST).status_code == 200
    activate(client, new_version())
    assert versions.active().number == 1


def test_a_visitor_is_asked_to_sign_in(client):
    assert client.get(ADD).status_code == 302
    assert client.post(ADD, {"content": json.dumps(starting())}).status_code == 302
    assert not PolicyVersion.objects.exists()
