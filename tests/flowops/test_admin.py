"""Every page of the console opens; what only the product writes is read-only; a key is shown once (S1, S3)."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from agent.models import Interaction
from flowops.accounts.models import ApiClient, Customer, OperatorToken, User
from flowops.audit.models import Entry
from flowops.billing.models import Invoice, Refund
from flowops.outbox.models import Delivery, Event
from flowops.read_only_admin import ReadOnlyAdmin
from handoffs.models import Comment, Handoff, SavedReply, Ticket
from policy.models import PolicyVersion
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def _event() -> Event:
    return Event.objects.create(id="evt_1", name="reply.sent", customer_id="c", payload={"a": 1}, created_at=NOW)


def _delivery() -> Delivery:
    return Delivery.objects.create(
        id="eml_1",
        event=_event(),
        recipient="lea@example.com",
        subject="s",
        body="b",
        not_before=NOW,
        created_at=NOW,
    )


def _entry() -> Entry:
    return Entry.objects.create(
        at=NOW, actor="olga", action="handoff.claimed", subject="hof_1", data={"version": 2}
    )


def _interaction() -> Interaction:
    return Interaction.objects.create(
        id="int_1",
        client=factories.api_client()[0],
        customer_id="c",
        fingerprint="f",
        request_text="Hello",
        state="done",
        turn=1,
        created_at=NOW,
        completed_at=NOW,
        plan={"reply": "Hi"},
        response=b"{}",
    )


def _token() -> OperatorToken:
    factories.operator("olga", "operator")
    return OperatorToken.objects.get()


def _note() -> Comment:
    handoff = factories.HandoffFactory()
    return Comment.objects.create(
        id="cmt_1", handoff=handoff, kind="note", text="Hi", by=factories.UserFactory(), created_at=NOW
    )


ROWS = {
    User: factories.UserFactory,
    Group: lambda: Group.objects.get(name="operator"),
    Customer: factories.CustomerFactory,
    ApiClient: lambda: factories.api_client()[0],
    OperatorToken: _token,
    Invoice: factories.paid_invoice,
    Refund: factories.RefundFactory,
    Event: _event,
    Delivery: _delivery,
    Entry: _entry,
    PolicyVersion: factories.active_policy,
    Handoff: factories.HandoffFactory,
    Ticket: factories.TicketFactory,
    Comment: _note,
    SavedReply: lambda: SavedReply.objects.create(name="Thanks", text="Thank you for your message."),
    Interaction: _interaction,
}
READ_ONLY = [model for model in ROWS if isinstance(admin.site._registry[model], ReadOnlyAdmin)]
EDITABLE = [User, Group, Customer, ApiClient, OperatorToken, Invoice, SavedReply]


def _named(model: type) -> str:
    return model.__name__


def _page(model: type, page: str, *pk: object) -> str:
    return reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=[quote(key) for key in pk]
    )


def test_each_registered_model_has_its_row_here():
    assert set(ROWS) == set(admin.site._registry)


def test_what_only_the_product_writes_is_read_only():
    assert set(READ_ONLY) == {Refund, Event, Delivery, Entry, Handoff, Ticket, Comment, Interaction}


@pytest.mark.parametrize("model", ROWS, ids=_named)
def test_every_page_of_a_model_opens(admin_client, model):
    row = ROWS[model]()
    listed = admin_client.get(_page(model, "changelist"))
    assert listed.status_code == 200
    address = f"/admin/handoffs/handoff/{row.pk}/change/" if model is Handoff else _page(model, "change", row.pk)
    assert address in listed.content.decode()
    assert admin_client.get(_page(model, "change", row.pk), follow=True).status_code == 200
    assert admin_client.get(_page(model, "history", row.pk)).status_code == 200


@pytest.mark.parametrize("model", ROWS, ids=_named)
@pytest.mark.parametrize(
    ("words", "status"), [("lea", 200), ("' OR 1=1 --", 200), ("\x00", 400)], ids=["found", "quoted", "NUL"]
)
def test_any_search_is_answered(admin_client, model, words, status):
    ROWS[model]()
    assert admin_client.get(_page(model, "changelist"), {"q": words}).status_code == status


@pytest.mark.parametrize("model", ROWS, ids=_named)
def test_only_what_people_may_write_has_a_form_for_a_new_one(admin_client, model):
    expected = 403 if model in READ_ONLY else 200
    assert admin_client.get(_page(model, "add")).status_code == expected


@pytest.mark.parametrize("model", READ_ONLY, ids=_named)
def test_a_read_only_row_takes_no_change_not_even_from_a_superuser(admin_client, model):
    row = ROWS[model]()
    before = model.objects.values().get(pk=row.pk)
    tried = [
        admin_client.post(_page(model, "add"), {"id": "x"}),
        admin_client.post(_page(model, "change", row.pk), {"id": row.pk, "status": "resolved"}),
        admin_client.post(_page(model, "delete", row.pk), {"post": "yes"}),
    ]
    no_form = 405 if model is Handoff else 403  # its page has forms of its own, and takes none itself
    assert [answer.status_code for answer in tried] == [403, no_form, 403]
    admin_client.post(_page(model, "changelist"), {"action": "delete_selected", "_selected_action": row.pk})
    assert list(model.objects.values()) == [before]


def test_a_published_policy_takes_no_change_not_even_from_a_superuser(admin_client):
    version = factories.active_policy()
    change = admin_client.post(_page(PolicyVersion, "change", version.pk), {"content": "{}"})
    removal = admin_client.post(_page(PolicyVersion, "delete", version.pk), {"post": "yes"})
    assert (change.status_code, removal.status_code) == (403, 403)
    assert PolicyVersion.objects.get().checksum == version.checksum


@pytest.mark.parametrize("model", ROWS, ids=_named)
def test_the_console_is_closed_to_strangers_and_to_people_without_permission(client, model):
    page = _page(model, "changelist")
    assert client.get(page).status_code == 302
    client.force_login(factories.UserFactory(username="nobody", is_staff=True))
    assert client.get(page).status_code == 403


KEY = re.compile(r"flow_live_[0-9a-f]{12}_[0-9a-f]{48}_[0-9a-f]{8}")


@pytest.mark.parametrize("model", [ApiClient, OperatorToken], ids=_named)
def test_a_new_key_is_shown_once_and_works(admin_client, admin_user, model):
    form = {"name": "website"} | ({"user": admin_user.pk} if model is OperatorToken else {})
    answer = admin_client.post(_page(model, "add"), form, follow=True)
    (key,) = KEY.findall(answer.content.decode())
    row = model.objects.get()
    assert model.objects.for_key(key) == row
    for page in (_page(model, "changelist"), _page(model, "change", row.pk), _page(model, "history", row.pk)):
        assert row.digest not in (shown := admin_client.get(page).content.decode())
        assert not KEY.search(shown)


def test_renaming_a_client_leaves_its_key(admin_client):
    client, key = factories.api_client("website")
    answer = admin_client.post(_page(ApiClient, "change", client.pk), {"name": "shop"}, follow=True)
    assert not KEY.search(answer.content.decode())
    assert ApiClient.objects.for_key(key).name == "shop"


def test_a_revoked_key_stops_working_and_the_others_go_on(admin_client):
    client, key = factories.api_client("website")
    _, other = factories.api_client("shop")
    before = timezone.now()
    admin_client.post(_page(ApiClient, "changelist"), {"action": "revoke", "_selected_action": client.pk})
    assert ApiClient.objects.for_key(key) is None
    assert ApiClient.objects.for_key(other)
    revoked_at = ApiClient.objects.get(pk=client.pk).revoked_at
    assert before <= revoked_at <= timezone.now()
    admin_client.post(_page(ApiClient, "changelist"), {"action": "revoke", "_selected_action": client.pk})
    assert ApiClient.objects.get(pk=client.pk).revoked_at == revoked_at


@pytest.mark.parametrize("model", [ApiClient, OperatorToken], ids=_named)
def test_a_credential_is_never_deleted(admin_client, model):
    row = ROWS[model]()
    assert admin_client.post(_page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()
