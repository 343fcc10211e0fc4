"""The language of a text: answered in only where nothing speaks for another one."""

import pytest

from agent import languages, verify
from tests.agent.test_licences import known

TEXTS = {
    "en": "Could you please refund the invoice? I was charged twice.",
    "de": "Bitte erstatten Sie mir die Rechnung, ich habe sie nicht gebraucht.",
    "fr": "Bonjour, pouvez-vous rembourser la facture ? Je ne l'ai pas utilisée, merci.",
    "es": "Hola, quiero el reembolso de mi factura, por favor. Gracias.",
    "it": "Buongiorno, vorrei il rimborso della mia fattura, grazie. Non ho usato il servizio.",
    "pt": "Olá, quero o reembolso da minha fatura, não usei o serviço. Obrigado.",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items(), ids=TEXTS)
def test_a_language_is_known_by_its_small_words(language, text):
    assert languages.sure(text) == language
    assert languages.likely(text)[0] == language


@pytest.mark.parametrize(
    "text",
    ["", "refund inv_1001", "ok", "لقد تم رد المبلغ", "Мы вернули деньги", "the and la les des", "12345"],
    ids=["nothing", "no small word", "one word", "Arabic", "Russian", "two at once", "digits"],
)
def test_where_it_is_not_sure_it_says_nothing(text):
    assert languages.sure(text) is None
    assert languages.likely(text)


def test_a_reply_is_judged_in_the_language_it_is_read_in():
    """Small words alone would take it for French."""
    assert verify.any_language("Refunds take 5 to 10 business days to arrive.", known()) == ()
    assert (
        verify.any_language("Les remboursements sont possibles dans les 30 jours suivant le paiement.", known())
        == ()
    )
    assert verify.any_language("Tout est réglé. All is well.", known()) != ()
