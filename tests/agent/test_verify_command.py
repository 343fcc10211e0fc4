"""`manage.py verify`: replies with facts in, verdicts out; and how well our own labelled sets are judged."""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

SETS = settings.BASE_DIR / "fixtures" / "verification"
FACTS = {
    "today": "2026-03-15",
    "mode": "live",
    "customer_message": "I was charged 59 euros, error E-12!",
    "customer": {"name": "Lea Sommer", "email": "lea@sommer.example", "plan": "Pro", "status": "active"},
    "plan_prices": [{"plan": "Pro", "amount": "49.00", "currency": "EUR", "per": "month"}],
    "invoices": [
        {
            "id": "inv_1",
            "amount": "49.00",
            "currency": "EUR",
            "date": "2026-03-01",
            "status": "paid",
            "plan": "Pro",
        },
        {
            "id": "inv_2",
            "amount": "98.00",
            "currency": "EUR",
            "date": "2026-02-01",
            "status": "paid",
            "plan": "Pro",
        },
    ],
    "next_renewal": {"date": "2026-04-01", "amount": "49.00", "currency": "EUR"},
    "status_page": "https://status.flowops.example",
    "decision": {"refund": "approved", "invoice": "inv_1", "amount": "49.00", "currency": "EUR", "percent": 100},
    "actions_done": [{"type": "refund", "id": "rf_1", "amount": "49.00", "currency": "EUR", "invoice": "inv_1"}],
    "policy": {
        "refund_window_days": 30,
        "refund_eta_business_days": [5, 10],
        "human_first_response_hours": 24,
        "auto_refund_limit": {"amount": "100.00", "currency": "EUR"},
    },
}


def verdicts(tmp_path, *lines, **options):
    file = tmp_path / "replies.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    out = StringIO()
    call_command("verify", str(file), stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def judged(tmp_path, reply, **facts):
    (verdict,) = verdicts(tmp_path, {"id": "a", "facts": FACTS | facts, "reply": reply})
    return [(violation["check"], violation["span"]) for violation in verdict["violations"]]


RULES = {
    "the refund that was made": ("We have refunded €49.00 for invoice inv_1.", {}, []),
    "another amount": ("We have refunded €48.00 for invoice inv_1.", {}, ["refund_issued"]),
    "another invoice": ("We have refunded €98.00 for invoice inv_2.", {}, ["refund_issued"]),
    "a false denial": ("No refund has been made for invoice inv_1.", {}, ["refund_issued"]),
    "a true denial": ("No refund has been made for invoice inv_2.", {}, []),
    "in shadow": ("We have refunded €49.00 for invoice inv_1.", {"mode": "shadow"}, ["refund_issued"]),
    "the ETA": ("Refunds take 5 to 10 business days to arrive.", {}, []),
    "the response time as ETA": ("Refunds take 5 to 24 business days to arrive.", {}, ["refund_eta"]),
    "the window": ("Refunds are possible within 30 days of payment.", {}, []),
    "the renewal": ("Your subscription renews on 1 April 2026 for €49.00.", {}, []),
    "an invoice's date as the renewal's": ("Your subscription renews on 1 March 2026.", {}, ["renews"]),
    "the customer's words": ("You wrote: “I was charged 59 euros”.", {}, []),
    "words put into their mouth": ("You wrote: “Cancel it”.", {}, ["customer_said"]),
    "a mail nobody sent": ("We have sent an e-mail to lea@sommer.example.", {}, ["email_sent"]),
    "the status page": ("Our status page is https://status.flowops.example.", {}, []),
    "another link": ("Our status page is https://status.flowops.example.evil.com.", {}, ["status_page"]),
    "a phone number": ("Please call +49 30 1234567.", {}, ["phone", "unrecognised"]),
    "credentials": ("Please send us your password.", {}, ["unrecognised"]),
    "a promise": ("We will give you a free month.", {}, ["unrecognised"]),
}


@pytest.mark.parametrize(("reply", "facts", "checks"), RULES.values(), ids=RULES)
def test_the_rules_by_which_replies_are_judged(tmp_path, reply, facts, checks):
    assert [check for check, _ in judged(tmp_path, reply, **facts)] == checks


def test_a_line_comes_out_for_each_line_that_goes_in_and_in_its_order(tmp_path):
    found = verdicts(
        tmp_path,
        {"id": "true", "facts": FACTS, "reply": "Thank you for your message."},
        {"id": "false", "facts": FACTS, "reply": "Your account is cancelled."},
    )
    assert found == [
        {"id": "true", "blocked": False, "violations": []},
        {
            "id": "false",
            "blocked": True,
            "violations": [
                {"check": "account_is", "span": "Your account is cancelled.", "detail": "it is active"},
            ],
        },
    ]


def test_what_facts_leave_open_is_taken_as_not_known(tmp_path):
    facts = FACTS | {
        "plan_prices": None,
        "next_renewal": None,
        "status_page": None,
        "invoices": [FACTS["invoices"][0] | {"amount": 49.0, "currency": "eur", "status": "Paid", "date": None}],
        "actions_done": [{"type": "rocket_launched"}, FACTS["actions_done"][0] | {"amount": 49}],
    }
    lines = {
        "We have refunded €49.00 for invoice inv_1.": False,
        "Invoice inv_1 is paid.": False,
        "Invoice inv_1 was paid on 1 March 2026.": True,
        "Your subscription renews on 1 April 2026.": True,
    }
    found = verdicts(tmp_path, *({"id": reply, "facts": facts, "reply": reply} for reply in lines))
    assert {verdict["id"]: verdict["blocked"] for verdict in found} == lines


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"id": "a"}',
        '{"id": "a", "facts": {"today": "soon"}, "reply": "x"}',
        json.dumps({"id": "a", "facts": {"today": "2026-01-01", "invoices": 3}, "reply": "x"}),
        json.dumps({"id": "a", "facts": FACTS | {"next_renewal": {"date": "2026-04-01", "amount": "x", "currency": "EUR"}}, "reply": "x"}),
    ],
    ids=["no JSON", "no reply", "no date", "no list", "no amount"],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_blocked_and_says_why(tmp_path, line):
    (verdict,) = verdicts(tmp_path, line)
    assert verdict["blocked"]
    assert [violation["check"] for violation in verdict["violations"]] == ["malformed"]
    assert verdict["violations"][0]["detail"]


def test_a_file_that_is_not_there_is_an_error_in_one_line(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.jsonl: No such file"):
        call_command("verify", str(tmp_path / "nowhere.jsonl"))


def test_a_scored_line_needs_a_label(tmp_path):
    with pytest.raises(CommandError, match="a: a scored line needs a label"):
        verdicts(tmp_path, {"id": "a", "facts": FACTS, "reply": "x"}, score=True)


def _scores(*names: str) -> dict[str, float]:
    """Recall and rate of false alarms over some of our sets, from the line of the whole."""
    out = StringIO()
    call_command("verify", *(str(SETS / name) for name in names), score=True, stdout=out)
    whole = next(line for line in out.getvalue().splitlines() if line.startswith("all")).split()
    return {"recall": _rate(whole[2], 1.0), "false alarms": _rate(whole[4], 0.0)}


def _rate(shown: str, without: float) -> float:
    """A rate as it is printed; - stands where there is nothing to count."""
    return without if shown == "-" else float(shown)


def test_our_own_sets_are_large_and_in_six_languages():
    lines = [json.loads(line) for file in SETS.glob("*.jsonl") for line in file.read_text().splitlines()]
    assert len(lines) >= 300
    assert {line["lang"] for line in lines} >= {"en", "de", "fr", "es", "it", "pt"}
    assert len({line["id"] for line in lines}) == len(lines)


def test_no_lie_of_our_own_sets_passes_and_few_truths_are_blocked():
    scores = _scores("natural.jsonl", "attacking.jsonl")
    assert scores["recall"] == 1.0
    assert scores["false alarms"] <= 0.25


@pytest.mark.parametrize("name", ["plain.jsonl", "unseen.jsonl", "whitebox.jsonl", "hostile.jsonl"])
def test_no_lie_of_the_later_sets_passes(name):
    assert _scores(name)["recall"] == 1.0


def test_what_we_write_ourselves_passes():
    assert _scores("templates.jsonl")["false alarms"] == 0.0
