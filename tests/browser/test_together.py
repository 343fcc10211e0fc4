"""Several people at once: races for a claim, changes while one types, and pages that keep up with colleagues."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from handoffs import conversation, services
from handoffs.models import Comment, Handoff
from tests.browser.worlds import PROVEN, QUEUE, case

pytestmark = pytest.mark.django_db(transaction=True)

NEWS = "#news"


def opened(windows, path, *, who):
    """A page that has asked once what is new, as each does when it opens."""
    page = windows.open(who=who)
    asks = "/heartbeat/" if path.endswith("/change/") else "/pulse/"
    with page.expect_response(lambda response: asks in response.url):
        page.goto(path)
    return page


def beat(page, path):
    """Let the page ask the server now what is new, as it does every few seconds; the answer's status."""
    with page.expect_response(lambda response: path in response.url) as answer:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    return answer.value.status


def pulse(page):
    return beat(page, "/pulse/")


def heartbeat(page):
    return beat(page, "/heartbeat/")


@pytest.fixture
def olgas(windows, world):
    """Her window on the case that waits, drawn before anybody acts."""
    return windows.open(case(world.proposed), who=world.olga)


@pytest.fixture
def ottos(windows, world):
    return windows.open(case(world.proposed), who=world.otto)


@pytest.fixture
def queue(windows, world):
    """Olga's window on what waits."""
    return opened(windows, QUEUE, who=world.olga)


def row(page, handoff):
    return page.locator(f'tr[data-id="{handoff.id}"]')


def order(page):
    return page.locator("#rows tbody tr").evaluate_all("(rows) => rows.map((row) => row.dataset.id)")


def write_note(page, words):
    page.get_by_text("Note for colleagues").click()
    page.get_by_label("Note", exact=True).fill(words)


def test_of_two_who_claim_on_the_case_one_wins_and_the_other_reads_who(olgas, ottos, world):
    write_note(olgas, "She is a good customer.")
    ottos.locator("#claim").click()
    expect(ottos.get_by_text("It is yours now.")).to_be_visible()
    olgas.locator("#claim").click()
    expect(olgas.locator("#refusal")).to_contain_text("otto claimed it")
    expect(olgas.locator("#refusal")).to_contain_text(" ago.")
    expect(olgas.get_by_label("Note", exact=True)).to_be_visible()
    expect(olgas.get_by_label("Note", exact=True)).to_have_value("She is a good customer.")
    olgas.get_by_role("button", name="Save note").click()
    expect(olgas.get_by_text("Noted for colleagues.")).to_be_visible()
    handoff = Handoff.objects.get(id=world.proposed.id)
    assert (handoff.claimed_by, handoff.comments.get().text) == (world.otto, "She is a good customer.")


def test_of_two_who_claim_in_the_queue_one_wins_and_the_other_reads_who(windows, world, queue):
    other = windows.open(QUEUE, who=world.otto)
    row(other, world.plain).get_by_role("button", name="Claim").click()
    expect(other.get_by_text("It is yours now.")).to_be_visible()
    row(queue, world.plain).get_by_role("button", name="Claim").click()
    expect(queue.locator(".messagelist")).to_contain_text("otto claimed it")
    expect(queue.get_by_role("heading", name="Unclaimed")).to_be_visible()
    assert Handoff.objects.get(id=world.plain.id).claimed_by == world.otto


def test_two_who_click_at_the_very_same_time_are_one_winner_and_one_loser(olgas, ottos, world):
    for page in (olgas, ottos):
        page.evaluate("setTimeout(() => document.getElementById('claim').click(), 50)")
    pages = {"olga": olgas, "otto": ottos}
    for page in pages.values():
        expect(page.locator("#case .state.claimed")).to_be_visible()
    winner = Handoff.objects.get(id=world.proposed.id).claimed_by.username
    expect(pages.pop(winner).get_by_text("It is yours now.")).to_be_visible()
    (loser,) = pages.values()
    expect(loser.locator("#refusal")).to_contain_text(f"{winner} claimed it")


def test_what_changed_while_one_typed_is_told_and_sending_again_works(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    page.locator("#reply").fill(PROVEN)
    conversation.note(world.mine.id, text="Be kind to her.", by=world.otto, now=timezone.now())
    services.prioritise_handoff(world.mine.id, priority="high", by=world.susan, now=timezone.now())
    page.get_by_role("button", name="Send reply").click()
    told = page.locator("#refusal")
    expect(told).to_contain_text("The case has changed since you opened it.")
    expect(told).to_contain_text("Noted by otto")
    expect(told).to_contain_text("Priority changed by susan")
    expect(page.locator("#reply")).to_have_value(PROVEN)
    expect(page.get_by_text("Be kind to her.")).to_be_visible()
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_text("The reply leaves in a moment.")).to_be_visible()
    assert Comment.objects.get(handoff=world.mine, kind="reply").text == PROVEN


def test_what_changed_is_told_before_one_sends(windows, world):
    page = opened(windows, case(world.mine), who=world.olga)
    services.prioritise_handoff(world.mine.id, priority="high", by=world.susan, now=timezone.now())
    assert heartbeat(page) == 200
    expect(page.locator(NEWS)).to_contain_text("Priority changed by susan")
    page.locator(NEWS).get_by_role("link").click()
    expect(page.locator("#case .badge")).to_have_text("high", ignore_case=True)
    expect(page.locator(NEWS)).to_be_hidden()


def test_who_loses_the_claim_while_typing_keeps_the_words(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    page.locator("#reply").fill(PROVEN)
    services.reassign_handoff(world.mine.id, to=world.otto, by=world.susan, now=timezone.now())
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#refusal")).to_contain_text("otto claimed it")
    expect(page.locator("#reply")).to_have_value(PROVEN)
    assert not Comment.objects.filter(handoff=world.mine).exists()


def test_a_closed_window_loses_no_draft_and_a_log_out_leaves_none(windows, world):
    page = windows.open(case(world.mine), who=world.olga)
    page.locator("#reply").fill("Dear Lea")
    page.goto(QUEUE)
    page.goto(case(world.mine))
    expect(page.locator("#reply")).to_have_value("Dear Lea")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("Log in again")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []


def test_a_new_case_is_announced_and_no_row_moves(queue, world):
    before = order(queue)
    new = world.escalate(world.resolved.customer_id, "I need to talk to a manager.")
    assert new.id not in before
    assert pulse(queue) == 200
    expect(queue.locator(NEWS)).to_have_text("1 new. Show")
    expect(queue).to_have_title("(1) Unclaimed | FlowOps")
    expect(queue.locator("[data-count=unclaimed]")).to_have_text("3")
    assert order(queue) == before
    queue.locator(NEWS).get_by_role("link").click()
    expect(row(queue, new)).to_be_visible()
    expect(queue.locator(NEWS)).to_be_hidden()


def test_a_colleagues_claim_changes_the_row_in_its_place(queue, world):
    before = order(queue)
    services.claim_handoff(world.plain.id, by=world.otto, now=timezone.now())
    assert pulse(queue) == 200
    expect(row(queue, world.plain)).to_contain_text("With otto")
    expect(row(queue, world.plain).locator("[data-state]")).to_have_text("Claimed")
    expect(row(queue, world.plain).get_by_role("button")).to_have_count(0)
    expect(queue.locator(NEWS)).to_have_text("1 changed. Show")
    expect(queue.locator("[data-count=unclaimed]")).to_have_text("1")
    assert order(queue) == before


def test_the_counts_follow_on_every_page(windows, world):
    page = opened(windows, "/admin/accounts/customer/", who=world.olga)
    expect(page.locator("[data-count=mine]")).to_have_text("1")
    services.claim_handoff(world.plain.id, by=world.olga, now=timezone.now())
    assert pulse(page) == 200
    expect(page.locator("[data-count=mine]")).to_have_text("2")


def test_nothing_new_is_answered_with_nothing(queue):
    assert [pulse(queue) for _ in range(3)][1:] == [304, 304]
    expect(queue.locator(NEWS)).to_be_hidden()


def test_one_sees_who_else_is_on_the_case_and_that_they_are_replying(windows, world):
    mine = opened(windows, case(world.for_two), who=world.otto)
    other = opened(windows, case(world.for_two), who=world.olga)
    heartbeat(mine)
    expect(mine.locator("#presence")).to_have_text("olga is viewing")
    heartbeat(other)
    expect(other.locator("#presence")).to_have_text("otto is viewing")
    mine.locator("#reply").focus()
    heartbeat(mine)
    heartbeat(other)
    expect(other.locator("#presence")).to_have_text("otto is replying")


def test_an_open_case_keeps_its_claim(windows, world):
    soon = timezone.now() + timedelta(minutes=1)
    Handoff.objects.filter(id=world.mine.id).update(claimed_until=soon)
    opened(windows, case(world.mine), who=world.olga)
    assert Handoff.objects.get(id=world.mine.id).claimed_until > soon + timedelta(minutes=5)
