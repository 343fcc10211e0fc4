"""Every page: nothing for axe-core to complain of, in light and dark; no sideways scroll on a phone.

That none errs, breaks the content security policy or comes without it, `windows` asserts for each."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from flowops.audit.models import Entry
from handoffs import decisions, queue
from tests.browser.windows import PHONE
from tests.browser.worlds import QUEUE, UNPROVEN, case

pytestmark = pytest.mark.django_db(transaction=True)

VIEWS = [f"{QUEUE}?view={view.key}" for view in queue.VIEWS]
# Django's own pages in our skin: of each kind of list and form, one, and the richest.
DATA = [
    "/admin/?all",
    "/admin/accounts/customer/",
    "/admin/accounts/customer/cust_lea/change/",
    "/admin/accounts/customer/cust_lea/delete/",
    "/admin/accounts/operatortoken/add/",
    "/admin/accounts/user/",
    "/admin/audit/entry/",
    "/admin/billing/invoice/inv_lea1/change/",
    "/admin/handoffs/savedreply/add/",
    "/admin/policy/policyversion/add/",
]
# What axe itself would load or write into the page, our content security policy forbids.
QUIETLY = {"resultTypes": ["violations"], "preload": False}


def faults(page):
    """What axe finds. In the dark only colours differ, so only they are looked at again."""
    page.emulate_media(color_scheme="light")
    page.evaluate(AXE_SCRIPT)
    found = axe(page)
    page.emulate_media(color_scheme="dark")
    return found + axe(page, runOnly=["color-contrast"])


def axe(page, context="document", **options):
    rules = page.evaluate(
        f"async (options) => (await axe.run({context}, options)).violations", {**QUIETLY, **options}
    )
    return [f"{page.url} {rule['id']}: {node['html']}" for rule in rules for node in rule["nodes"]]


def faults_on(page, paths):
    found = []
    for path in paths:
        page.goto(path)
        found += faults(page)
    return found


def some_of(world):
    """Those of which the database knows the address."""
    entry = Entry.objects.latest("id")
    return [f"/admin/accounts/user/{world.otto.pk}/change/", f"/admin/audit/entry/{entry.pk}/change/"]


def approve(world):
    """One refund is approved, the other by the first of two people."""
    for handoff, who in ((world.mine, world.olga), (world.for_two, world.otto)):
        proposal = handoff.proposals.get()
        choice = decisions.Choice(proposal.id, proposal.digest)
        decisions.approve(handoff.id, choice, by=who, now=handoff.updated_at)


@pytest.fixture
def desk(windows, world):
    return windows.open(who=world.olga)


def test_the_log_in_is_accessible_and_stays_so_when_it_refuses(windows):
    page = windows.open("/admin/login/")
    found = faults(page)
    page.get_by_label("Username").fill("olga")
    page.get_by_label("Password").fill("wrong")
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_text("Please enter the correct username")).to_be_visible()
    assert found + faults(page) == []


def test_every_view_of_the_queue_is_accessible_full_and_empty(desk):
    assert faults_on(desk, [*VIEWS, f"{QUEUE}?q=nothing-like-it", f"{QUEUE}?view=all#keys"]) == []


def test_a_case_is_accessible_in_each_of_its_states(desk, world):
    cases = [world.proposed, world.mine, world.snoozed, world.resolved]
    found = faults_on(desk, map(case, cases))
    approve(world)
    assert found + faults_on(desk, map(case, [world.mine, world.for_two])) == []


def test_a_case_with_all_folds_open_is_accessible(desk, world):
    desk.goto(f"{case(world.mine)}?people=1")
    desk.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert faults(desk) == []


def test_findings_and_refusals_are_told_accessibly(desk, world):
    desk.goto(case(world.mine))
    desk.locator("#reply").fill(UNPROVEN)
    desk.get_by_role("button", name="Send reply").click()
    expect(desk.locator("#findings")).to_be_visible()
    assert faults(desk) == []


def test_what_only_a_viewer_sees_is_accessible(windows, world):
    page = windows.open(who=world.vera)
    assert faults_on(page, [QUEUE, case(world.proposed)]) == []


def test_the_data_pages_are_accessible(windows, world):
    page = windows.open(who=world.rita)
    assert faults_on(page, [*DATA, *some_of(world)]) == []


def test_the_chat_panel_is_accessible_empty_and_answered(desk):
    found = faults_on(desk, ["/"])
    ask_the_agent(desk, "Please refund invoice inv_mia1.")
    assert found + faults(desk) == []


def ask_the_agent(page, message):
    page.get_by_label("Customer", exact=True).select_option("cust_mia")
    page.get_by_label("Message").fill(message)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("See how it came about").first).to_be_attached()


def test_the_documentation_of_the_api_is_accessible(windows):
    page = windows.open("/docs")
    expect(page.get_by_text("Answer a customer's message")).to_be_visible()
    # What is within, Swagger UI answers for.
    page.evaluate(AXE_SCRIPT)
    assert axe(page, "{exclude: ['#swagger-ui']}") == []
    assert page.request.get("/openapi.json").json()["info"]["title"] == "FlowOps"


def test_a_refusal_is_a_page_too(windows, world):
    page = windows.open(who=world.vera)
    assert faults_on(page, ["/admin/accounts/user/", case(world.mine).replace(world.mine.id, "hof_none")]) == []
    assert [trouble[:70] for trouble in windows.troubles] == [
        "console: Failed to load resource: the server responded with a status o" for _ in range(2)
    ]
    windows.troubles.clear()


def test_no_page_scrolls_sideways_on_a_phone(windows, world):
    page = windows.open(who=world.rita, viewport=PHONE)
    cases = map(case, [world.proposed, world.mine, world.for_two, world.resolved])
    wide = {}
    for path in [*VIEWS, *cases, *DATA, *some_of(world), "/"]:
        page.goto(path)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > PHONE["width"]:
            wide[path] = width
    ask_the_agent(page, "Please refund invoice inv_mia1.")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert wide == {}


def test_the_log_in_fits_a_phone(windows):
    page = windows.open("/admin/login/", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_claim_is_at_hand_on_a_phone(windows, world):
    """In the card of a row as wide as a thumb likes it; on the case without scrolling."""
    page = windows.open(QUEUE, who=world.olga, viewport=PHONE)
    card = page.locator("#rows tbody tr").first
    box = card.get_by_role("button", name="Claim").bounding_box()
    assert box["height"] >= 44
    assert box["width"] >= 300
    page.goto(case(world.proposed))
    expect(page.locator("#claim")).to_be_in_viewport(ratio=1)
    page.locator("#claim").click()
    expect(page.get_by_text("It is yours now.")).to_be_visible()


def test_nothing_is_allowed_inline_or_from_elsewhere(desk):
    answer = desk.goto(QUEUE)
    assert sorted(answer.headers["content-security-policy"].split("; ")) == [
        "base-uri 'none'",
        "default-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
    ]


def test_dark_by_choice_looks_like_dark_by_the_system(desk):
    desk.goto(QUEUE)
    desk.emulate_media(color_scheme="dark")
    by_the_system = colours(desk)
    desk.emulate_media(color_scheme="light")
    assert colours(desk) != by_the_system
    desk.locator("#user-tools .theme-toggle").click()
    assert colours(desk) == by_the_system


def colours(page):
    """The variables from which every page takes its colours."""
    names = "[...document.documentElement.computedStyleMap()].map(([name, value]) => [name, String(value)])"
    return page.evaluate(f"Object.fromEntries({names}.filter(([name]) => name.startsWith('--')))")
