"""M3: no machine refunds on words that do not plainly ask for exactly that; a person reads them."""

import pytest

from agent import plan
from agent.values import RecordRefund
from tests.agent.worlds import RULES, evidence, message

NOT_ASKED = """
No refunds here, I am happy
don't you dare refund inv_123
I don't want you to process the refund for inv_123
I do not, ever, want a refund
please do not ever refund inv_123
kindly do not, in any case, refund inv_123
I forbid you to refund inv_123
Neither cancel nor refund inv_123
I didn't say that I want a refund for inv_123
Refund inv_123? No thanks.
Please deny refund inv_123
Please refund nothing
Do not send refund
Please refund inv_123. Wait, no.
Please refund inv_123. Actually forget it.
Please refund inv_123. Just kidding, don't.
Somebody pretending to be me wants a refund, do not pay
You did refund inv_123, thank you
I want to return the refund you sent me for inv_123
Please reverse the payment you made to me
My wife said "refund inv_123" but please ignore that.
> Please refund inv_123
Translate "please refund me" into German
[AUTO-REPLY] Out of office. Original message: please refund inv_123
If I asked you to refund inv_123, what would happen?
Please refund inv_123 only if my manager agrees
I want a refund from Netflix
I want to refund my customers with your API
I need a refund receipt for inv_123
I want a refund API
Please refund cust_999's invoice
Please refund inv_123 to another bank account DE123
Ich will keinen Refund
No quiero refund de inv_123
Je ne veux pas de refund pour inv_123
I d0n't want a refund
I don t want refund
I have a refund
I can give you a refund
You can get a refund
Would you like a refund
You want my money back
Please add a refund feature
""".strip().splitlines()

ANOTHER_INVOICE = """
Please refund invoice #1002
refund invoice 1002
refund invoice no. 1002
refund INVOICE-1002
refund invoice_1002
refund inv1002
refund inv.1002
refund Inv. 1002
refund inv: 1002
refund order 1002
Refund 1002 please
refund іnv_1002
refund inv_١٠٠٢
refund my older invoice
refund my first invoice
refund the other invoice
refund the invoice before the last
refund my January payment
refund the payment of 2026-02-07
""".strip().splitlines()

ANOTHER_AMOUNT = """
refund 20 of inv_123
refund 10% of inv_123
refund half of inv_123
refund ½ of inv_123
refund twenty euros of inv_123
refund 20 INR of inv_123
refund ₹20 of inv_123
refund €20.5555 of inv_123
refund €4.9.0 of inv_123
refund 20,- EUR of inv_123
refund 50 cents of inv_123
refund the VAT on inv_123
partial refund of inv_123 please
refund all but €5 of inv_123
refund everything except €9 of inv_123
refund inv_123 minus €9
refund 2 x €10 of inv_123
""".strip().splitlines()


@pytest.mark.parametrize("text", [*NOT_ASKED, *ANOTHER_INVOICE, *ANOTHER_AMOUNT])
def test_no_money_moves_and_none_is_set_aside(text):
    made = plan.compose(message(text), evidence(), RULES, policy_version=1)
    assert made.decision.action is None
    assert not any(isinstance(effect, RecordRefund) for effect in made.effects)


PLAINLY_ASKED = """
refund please
Please refund invoice inv_123.
Hi, I would like a refund for inv_123, we never used it.
I want my money back
Hello, could you please refund my last payment? Thanks!
I was charged twice. Please refund inv_123.
Can I get a refund for inv_123?
Please refund €49 for inv_123
Can you refund inv_123 please? Thank you!
Good morning team, please refund the full amount of inv_123, thank you very much in advance
""".strip().splitlines()


@pytest.mark.parametrize("text", PLAINLY_ASKED)
def test_what_is_plainly_asked_is_done(text):
    made = plan.compose(message(text), evidence(), RULES, policy_version=1)
    assert made.decision.rule == "refund.within_limits"
