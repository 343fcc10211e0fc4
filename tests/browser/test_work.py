"""A case from its claim to its end: by keyboard alone, without a script, and with second thoughts."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from flowops.billing.models import Refund
from flowops.outbox.models import Delivery
from handoffs import decisions
from handoffs.models import Comment, Handoff
from tests.browser.worlds import PASSWORD, PROVEN, QUEUE, UNPROVEN, case

pytestmark = pytest.mark.django_db(transaction=True)


def now_of(handoff):
    return Handoff.objects.get(id=handoff.id)


def told(page, words):
    expect(page.locator(".messagelist")).to_contain_text(words)


def type_in_place(page, words):
    """Into whatever has the focus."""
    page.keyboard.type(words)


def go_to_row(page, handoff):
    """With j, until the row is the one."""
    for _ in range(page.locator("#rows tbody tr").count()):
        page.keyboard.press("j")
        if page.locator("tr.at").get_attribute("data-id") == handoff.id:
            return
    raise AssertionError(f"{handoff.id} is not in the queue")


def test_a_case_is_worked_from_log_in_to_end_by_keyboard_alone(windows, world):
    page = windows.open("/admin/")
    type_in_place(page, "olga")  # the log-in has the focus
    page.keyboard.press("Tab")
    type_in_place(page, PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Unclaimed")).to_be_visible()

    go_to_row(page, world.proposed)
    page.keyboard.press("Enter")
    expect(page.locator("#case")).to_have_attribute("data-id", world.proposed.id)
    page.keyboard.press("c")
    told(page, "It is yours now.")
    page.keyboard.press("a")
    told(page, "Approved.")
    page.keyboard.press("r")
    type_in_place(page, PROVEN)
    page.keyboard.press("Control+Enter")
    told(page, "The reply leaves in a moment.")
    page.keyboard.press("e")
    type_in_place(page, "All as she wished.")
    page.keyboard.press("Control+Enter")
    told(page, "Resolved.")

    done = now_of(world.proposed)
    assert (done.status, done.resolved_by, done.resolution_notes) == ("resolved", world.olga, "All as she wished.")
    assert done.proposals.get().approved_by == world.olga
    assert done.comments.get().text == PROVEN
    expect(page.locator("#case")).to_have_attribute("data-id", world.plain.id)  # resolved, and on to the next


def test_keys_go_to_denying_snoozing_searching_and_the_next_case(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    for key, focused in (("d", "textarea[name=reason]"), ("s", "#minutes")):
        page.keyboard.press(key)
        expect(page.locator(focused)).to_be_focused()
        page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#case")).to_have_attribute("data-id", world.proposed.id)
    page.goto(QUEUE)
    page.keyboard.press("/")
    type_in_place(page, "Max")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    go_to_row(page, world.plain)
    page.keyboard.press("c")
    told(page, "It is yours now.")
    assert now_of(world.plain).claimed_by == world.olga


def test_the_sheet_of_keys_opens_and_closes_by_key(windows, world):
    page = windows.open(QUEUE, who=world.olga)
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_be_hidden()
    for closing in ("?", "Escape"):
        page.keyboard.press("?")
        expect(sheet).to_be_visible()
        page.keyboard.press(closing)
        expect(sheet).to_be_hidden()


def test_single_keys_can_be_turned_off_and_control_enter_still_sends(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    page.keyboard.press("?")
    page.get_by_role("button", name="Turn single keys off").click()
    expect(page).to_have_url(f"{windows.address}{QUEUE}")
    for key in "jkcn/?":
        page.keyboard.press(key)
    expect(page.locator("tr.at")).to_have_count(0)
    expect(page.locator("#searchbar")).not_to_be_focused()
    page.goto(case(world.mine))
    for key in "adresn?":
        page.keyboard.press(key)
    expect(page.locator("body")).to_be_focused()
    assert page.url == f"{windows.address}{case(world.mine)}"
    assert not now_of(world.mine).proposals.get().is_approved
    page.locator("#reply").fill(PROVEN)
    page.keyboard.press("Control+Enter")
    told(page, "The reply leaves in a moment.")


def test_keys_are_letters_where_one_types(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    page.locator("#reply").focus()
    type_in_place(page, "acdersn/?jk")
    assert page.locator("#reply").input_value() == "acdersn/?jk"
    assert not now_of(world.mine).proposals.get().is_approved


# Without a script


@pytest.fixture
def plain(windows, world):
    return windows.open(who=world.olga, java_script_enabled=False)


def test_a_case_is_worked_from_log_in_to_end_without_a_script(windows, world):
    page = windows.open("/admin/", java_script_enabled=False)
    page.get_by_label("Username").fill("olga")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.locator(f'a[href="{case(world.proposed)}"]').click()
    page.get_by_role("button", name="Claim").click()
    told(page, "It is yours now.")
    page.get_by_role("button", name="Approve €240.00").click()
    told(page, "Approved.")
    page.get_by_label("What came of it").select_option("refunded")
    page.get_by_label("Notes, for colleagues").fill("Paid back.")
    page.get_by_role("button", name="Resolve and next").click()
    told(page, "Resolved.")
    done = now_of(world.proposed)
    assert (done.status, done.resolution_notes, done.resolution_category) == ("resolved", "Paid back.", "refunded")
    assert done.proposals.get().is_approved


def test_an_unproven_reply_is_sent_with_a_reason_without_a_script(plain, world):
    plain.goto(case(world.mine))
    plain.get_by_label("Reply", exact=True).fill(UNPROVEN)
    plain.get_by_role("button", name="Send reply").click()
    expect(plain.locator("#findings")).to_contain_text(UNPROVEN)
    assert plain.get_by_label("Reply", exact=True).input_value() == UNPROVEN
    assert not Comment.objects.filter(handoff=world.mine).exists()
    plain.get_by_label("Change it, or say why").fill("I have just called our bank.")
    plain.get_by_role("button", name="Send reply").click()
    told(plain, "The reply leaves in a moment.")
    sent = Comment.objects.get(handoff=world.mine)
    assert (sent.text, sent.override_reason) == (UNPROVEN, "I have just called our bank.")
    assert sent.findings
    expect(plain.get_by_text("I have just called our bank.")).to_be_visible()


def test_a_saved_reply_a_note_and_a_sleep_without_a_script(plain, world):
    plain.goto(case(world.mine))
    plain.get_by_label("Reply", exact=True).fill("Dear Lea Sommer,")
    plain.get_by_role("button", name="Insert").click()
    assert plain.get_by_label("Reply", exact=True).input_value() == f"Dear Lea Sommer, {PROVEN}"
    plain.get_by_text("Note for colleagues").click()
    plain.get_by_label("Note", exact=True).fill("She calls back.")
    plain.get_by_role("button", name="Save note").click()
    told(plain, "Noted for colleagues.")
    expect(plain.locator(".moment.note .said")).to_have_text("She calls back.")
    plain.get_by_label("Snooze for").select_option("1 day")
    plain.get_by_role("button", name="Snooze").click()
    told(plain, "Put aside.")
    assert now_of(world.mine).snoozed_until > timezone.now() + timedelta(hours=23)
    plain.get_by_role("button", name="Wake it now").click()
    told(plain, "Awake again.")


def test_search_and_filters_without_a_script(plain, world):
    plain.goto(QUEUE)
    plain.get_by_label("Search").fill("inv_lea1")
    plain.get_by_role("button", name="Search").click()
    assert ids(plain) == [world.proposed.id]
    plain.goto(f"{QUEUE}?view=all")
    plain.get_by_text("Filter", exact=True).click()
    plain.get_by_role("link", name="Resolved", exact=True).click()
    assert ids(plain) == [world.resolved.id]
    plain.get_by_label("Search").fill("nobody")
    plain.get_by_role("button", name="Search").click()
    expect(plain.get_by_text("Nothing here matches.")).to_be_visible()


def ids(page):
    return [row.get_attribute("data-id") for row in page.locator("#rows tbody tr").all()]


def test_a_bulk_claim_says_what_came_of_each_without_a_script(plain, world):
    plain.goto(f"{QUEUE}?view=all")
    for handoff in (world.plain, world.proposed, world.for_two):
        plain.get_by_label(f"Choose {handoff.id}").check()
    plain.get_by_label("With the chosen ones").select_option("Claim")
    plain.get_by_role("button", name="Go").click()
    said = plain.locator(".messagelist")
    expect(said).to_contain_text(f"({world.plain.id}): claimed")
    expect(said).to_contain_text(f"({world.proposed.id}): claimed")
    expect(said).to_contain_text(f"({world.for_two.id}): otto claimed it")
    assert [now_of(handoff).claimed_by.username for handoff in (world.plain, world.proposed, world.for_two)] == [
        "olga",
        "olga",
        "otto",
    ]


# Second thoughts


def test_an_approval_taken_back_in_time_refunds_nothing(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    page.get_by_role("button", name="Approve €180.00").click()
    expect(page.get_by_text("It is carried out in")).to_be_visible()
    page.get_by_role("button", name="Take the approval back").click()
    told(page, "Taken back.")
    expect(page.get_by_role("button", name="Approve €180.00")).to_be_enabled()
    assert decisions.execute_due(timezone.now() + timedelta(minutes=1)) == 0
    assert Refund.objects.get(invoice_id="inv_mia1").status == "pending"
    assert not Delivery.objects.filter(id__endswith="_issued").exists()


def test_a_reply_taken_back_in_time_never_leaves(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    page.locator("#reply").fill(PROVEN)
    page.get_by_role("button", name="Send reply").click()
    page.get_by_role("button", name="Take it back").click()
    told(page, "Taken back.")
    expect(page.get_by_role("button", name="Take it back")).to_have_count(0)
    assert Comment.objects.get(handoff=world.mine).delivery.state == "withdrawn"
    expect(page.locator(".moment.reply")).to_contain_text("withdrawn")


def test_two_people_approve_what_is_above_the_second_limit(windows, world):
    first = windows.open(case(world.for_two), who=world.otto)
    first.get_by_role("button", name="Approve €640.00").click()
    expect(first.get_by_text("A second person has yet to approve.")).to_be_visible()
    second = windows.open(case(world.for_two), who=world.susan)
    second.get_by_role("button", name="Approve as the second person").click()
    expect(second.get_by_text("It is carried out in")).to_be_visible()
    proposal = now_of(world.for_two).proposals.get()
    assert (proposal.approved_by, proposal.seconded_by) == (world.otto, world.susan)
    assert proposal.is_approved


def test_who_must_log_in_again_comes_back_to_the_case_with_what_they_typed(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    page.locator("#reply").fill(PROVEN)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Send reply").click()
    page.get_by_label("Username").fill("olga")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#reply")).to_have_value(PROVEN)
    page.get_by_role("button", name="Send reply").click()
    told(page, "The reply leaves in a moment.")
    page.goto(case(world.mine))
    expect(page.locator("#reply")).to_have_value("")


def test_a_form_of_another_log_in_is_refused_in_words_and_loses_nothing(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    page.locator("#reply").fill(PROVEN)
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_text("nothing was changed")).to_be_visible()
    assert "status of 403" in windows.troubles.pop()
    page.goto(case(world.mine))
    expect(page.locator("#reply")).to_have_value(PROVEN)
    assert not Comment.objects.filter(handoff=world.mine).exists()
