"""Stored text is text: what strangers and colleagues write is shown as they typed it, and does nothing (S1, S2).

That it opens no dialog, sends nothing elsewhere and breaks no policy, `windows` asserts on every page.
"""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from agent.models import Interaction
from flowops.accounts.models import Account, Customer
from handoffs import conversation
from handoffs.models import Handoff, SavedReply, Ticket
from tests.browser.hostile import LONG, RUN, STRINGS, within
from tests.browser.worlds import QUEUE, case, escalate
from tests.factories import HandoffFactory

pytestmark = pytest.mark.django_db(transaction=True)

ALL = (*STRINGS, *LONG)
TOGETHER = "\n".join(STRINGS)


def see(page, path):
    page.goto(path)
    assert page.evaluate("window.__pwned") is None


def texts(page, selector):
    return page.locator(selector).all_text_contents()


def attributes(page, selector, name):
    return page.locator(selector).evaluate_all("(all, name) => all.map((one) => one.getAttribute(name))", name)


@pytest.fixture
def desk(windows, world):
    return windows.open(who=world.rita)


def test_the_guards_notice_what_runs_asks_and_leaves(windows):
    """On a page without a policy, where nothing is escaped: else, finding nothing would prove nothing."""
    page = windows.open("about:blank")
    page.set_content(f"<script>{RUN}</script><img src=http://evil.example/x>")
    assert page.evaluate("window.__pwned") == 1
    assert [trouble.partition(":")[0] for trouble in windows.troubles] == [
        "dialog",
        "request to http",
        "console",
    ]
    windows.troubles.clear()


def test_what_customers_write_is_shown_as_they_typed_it(desk, world):
    handoffs = {escalate(world.client, "cust_max", text).id for text in ALL}
    assert handoffs == {world.plain.id}
    see(desk, case(world.plain))
    assert texts(desk, ".moment.customer .said")[1:] == list(ALL)
    see(desk, f"{QUEUE}?q=cust_max")
    assert texts(desk, ".words") == [LONG[1][:89] + "…"]
    newest = Interaction.objects.order_by("-turn")
    for row in newest[:2]:
        see(desk, f"/admin/agent/interaction/{row.id}/change/")
    see(desk, "/admin/agent/interaction/")


def test_what_customers_write_is_shown_as_typed_in_the_chat_panel(desk, world):
    message = TOGETHER.strip()
    see(desk, "/")
    desk.get_by_label("Customer", exact=True).select_option("cust_max")
    desk.get_by_label("Message").fill(message)
    desk.get_by_label("live").check()
    desk.get_by_role("button", name="Send", exact=True).click()
    expect(desk.locator(".chat-customer .chat-text")).to_be_visible()
    assert texts(desk, ".chat-customer .chat-text") == [message]
    see(desk, f"/?interaction={Interaction.objects.latest('created_at').id}")
    assert texts(desk, ".chat-customer .chat-text") == [message]


def test_names_and_subjects_are_shown_as_typed(desk, world):
    names = within(200)
    cases = named_after(names)
    seen = {}
    for page in (1, 2, 3):
        see(desk, f"{QUEUE}?view=unclaimed&p={page}")
        ids = attributes(desk, "#rows tbody tr", "data-id")
        claims = attributes(desk, "button.claim", "aria-label")
        shown = zip(texts(desk, "td.subject a"), texts(desk, "td[data-label=Customer] bdi"), claims, strict=True)
        seen |= dict(zip(ids, shown, strict=True))
    for handoff, name in zip(cases, names, strict=True):
        assert seen[handoff.id] == (name, name, f"Claim {name} of {name}")
    for handoff, name in list(zip(cases, names, strict=True))[::9]:
        see(desk, case(handoff))
        assert texts(desk, "#case h1 bdi") + texts(desk, ".who bdi") == [name, name]
    for path in ("/admin/accounts/customer/", "/admin/handoffs/ticket/"):
        see(desk, path)
    see(desk, f"/admin/accounts/customer/{cases[0].customer_id}/change/")
    assert desk.get_by_label("Name").input_value() == names[0]


def named_after(names):
    """For each name a customer and a case whose subject it is too."""
    now, numbers = timezone.now(), range(len(names))
    ids = [f"cust_hostile{number}" for number in numbers]
    Customer.objects.bulk_create(Customer(id=ids[n], name=names[n], created_at=now) for n in numbers)
    Account.objects.bulk_create(Account(customer_id=id, plan="pro", sla_hours=24) for id in ids)
    tickets = Ticket.objects.bulk_create(
        Ticket(id=f"tck_hostile{n}", customer_id=ids[n], subject=names[n], created_at=now) for n in numbers
    )
    return Handoff.objects.bulk_create(
        HandoffFactory.build(id=f"hof_hostile{n}", ticket=tickets[n], sla_due_at=now, created_at=now)
        for n in numbers
    )


def test_notes_replies_and_reasons_are_shown_as_typed(desk, world):
    now = timezone.now()
    for number, text in enumerate(ALL):
        at = now + timedelta(milliseconds=number)
        conversation.note(world.mine.id, text=text, by=world.olga, now=at)
        conversation.reply(world.mine.id, text=text, override_reason=text[:1000], by=world.olga, now=at)
    see(desk, case(world.mine))
    assert texts(desk, ".moment.note .said") == list(ALL)
    assert texts(desk, ".moment.reply .said") == list(ALL)
    assert reasons(desk) == [text[:1000] for text in ALL]
    for comment in world.mine.comments.order_by("-created_at")[:2]:
        see(desk, f"/admin/handoffs/comment/{comment.id}/change/")
    for path in ("/admin/handoffs/comment/", "/admin/outbox/delivery/", "/admin/audit/entry/"):
        see(desk, path)


def reasons(page):
    return texts(page, ".moment.reply dt:text-is('Sent unproven, because') + dd")


def test_what_is_typed_into_the_console_is_what_is_kept(windows, world):
    """By way of the forms: refused for its findings, overridden, sent; noted; kept with the resolved case."""
    page = windows.open(case(world.mine), who=world.olga)
    page.locator("#reply").fill(TOGETHER)
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#findings")).to_be_visible()
    assert page.locator("#reply").input_value() == TOGETHER
    page.locator("#override").fill(STRINGS[0])
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_text("The reply leaves in a moment.")).to_be_visible()
    page.get_by_text("Note for colleagues").click()
    page.get_by_label("Note", exact=True).fill(TOGETHER)
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("Noted for colleagues.")).to_be_visible()
    page.locator("#notes").fill(TOGETHER)
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Resolved.")
    assert texts(page, ".moment.reply .said") + texts(page, ".moment.note .said") == [TOGETHER, TOGETHER]
    assert reasons(page) == [STRINGS[0]]
    assert texts(page, ".moment.act dt:text-is('Notes') + dd") == [TOGETHER]
    assert page.evaluate("window.__pwned") is None


def test_saved_replies_are_offered_and_inserted_as_typed(windows, world):
    names = sorted(set(within(100)))
    made = SavedReply.objects.bulk_create(SavedReply(name=name, text=TOGETHER) for name in names)
    page = windows.open(case(world.mine), who=world.olga)
    offered = dict(zip(attributes(page, "#saved option", "value"), texts(page, "#saved option"), strict=True))
    assert [offered[str(saved.pk)] for saved in made] == names
    page.locator("#saved").select_option(str(made[0].pk))
    page.get_by_role("button", name="Insert").click()
    expect(page.locator("#reply")).not_to_have_value("")
    assert page.locator("#reply").input_value().replace("Lea Sommer", "{customer}") == TOGETHER.strip()
    editor = windows.open(who=world.rita)
    see(editor, "/admin/handoffs/savedreply/?all=")
    assert set(names) <= set(texts(editor, "th.field-name"))
    see(editor, f"/admin/handoffs/savedreply/{made[0].pk}/change/")
    assert editor.get_by_label("Text").input_value() == TOGETHER
