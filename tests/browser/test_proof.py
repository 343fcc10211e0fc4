"""T1 for the eye: hovering or focusing a sentence of a reply shows what carries it."""

import pytest
from playwright.sync_api import expect

from tests.browser.windows import PHONE, Windows
from tests.browser.worlds import QUEUE, World

SENTENCE = "A refund of €240.00 for invoice"


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE], ids=["desktop", "phone"])
def test_a_sentence_shows_its_evidence_to_mouse_and_keyboard(
    windows: Windows, world: World, size: dict[str, int]
) -> None:
    page = windows.open(f"{QUEUE}{world.proposed.id}/change/", who=world.olga, viewport=size)
    sentence = page.locator(".proof-sentence[tabindex]", has_text=SENTENCE).first
    evidence = sentence.locator(".proof-facts")
    expect(evidence).to_be_hidden()
    sentence.hover()
    expect(evidence).to_be_visible()
    expect(evidence).to_contain_text("refund awaits person, carried by")
    expect(evidence).to_contain_text("€240.00")
    expect(evidence).to_contain_text("UTC")
    page.mouse.move(0, 0)
    expect(evidence).to_be_hidden()
    sentence.focus()
    expect(evidence).to_be_in_viewport(ratio=0.9)  # nothing around it cuts it off
    box = evidence.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert windows.troubles == []


def test_the_chat_panel_shows_it_too(windows: Windows, world: World) -> None:
    page = windows.open("/", who=world.susan, viewport=PHONE)
    page.select_option("select", "cust_lea")
    page.fill("textarea", "What is on my last invoice?")
    page.get_by_role("button", name="Send", exact=True).click()
    sentence = page.locator(".proof-sentence[tabindex]", has_text="is for €240.00")
    sentence.focus()
    evidence = sentence.locator(".proof-facts")
    expect(evidence).to_be_in_viewport(ratio=0.9)
    expect(evidence).to_contain_text("inv_lea1.total")
    assert windows.troubles == []
