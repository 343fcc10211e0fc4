"""Train the reader: from phrases to the bytes of its artifact. Needs scikit-learn, which running FlowOps does not.

Multinomial logistic regression over `features`, each group scaled to unit length by idf; its temperature and
threshold are
fitted on logits that no example's own family took part in (five folds). Where a language has labelled messages
that are not
taught, the threshold is chosen on them. Weights are rounded to four bits.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from agent.reading import artifact, features, named, phrases, readable
from agent.reading.features import Features
from agent.reading.names import Names
from agent.reading.phrases import Example
from agent.reading.text import plain
from policy.values import Intent

FOLDS = 5
PRECISION = 0.95  # of what is read with more confidence than `sure_from`, at least this share is right
STRENGTH = 8.0  # inverse of the regularisation
TODAY = date(2026, 1, 15)  # phrases are read as if written then
INTENTS = tuple(Intent)
MOST_FACTOR = 15  # times 8 it fits a byte


class Weighing(NamedTuple):
    """How a group counts: its weight, in how many examples a feature must occur, how many features are kept,
    and the number of words from which on the group fades."""

    name: str
    weight: float
    occurrences: int
    most: int
    full_until: int | None = None


ENGLISH = (
    Weighing("words", 1.0, 1, 14_000),
    Weighing("pieces", 1.0, 3, 16_000),
    Weighing("concepts", 0.6, 2, 2_000, full_until=10),
)
OTHERS = (Weighing("words", 1.0, 2, 2_000), Weighing("pieces", 1.0, 3, 2_500))  # the concepts are English


class Vocabulary(NamedTuple):
    """The features of a group that are known, each with its row, and their idf by row."""

    weighing: Weighing
    rows: dict[str, int]
    idf: Any


class Fitted(NamedTuple):
    vocabularies: list[Vocabulary]
    weights: Any  # (features, intents)
    bias: Any  # (intents,)


class Text(NamedTuple):
    """An example as it is seen."""

    example: Example
    words: list[str]
    groups: Features


def train(folder: Path, *, shown: Callable[[Sequence[str]], Iterable[str]] = iter) -> bytes:
    """The artifact for the phrases in `folder`. `shown` may wrap the languages to show progress. Raises
    NotPhrases."""
    taught: dict[str, Any] = {}
    payload = b""
    for language in shown(phrases.languages(folder)):
        examples = phrases.examples(folder, language)
        labelled = phrases.labelled(folder, language)
        taught[language], part = _language(examples, labelled, ENGLISH if language == "en" else OTHERS)
        payload += part
    intents = [intent.value for intent in INTENTS]
    return artifact.write({"phrases": phrases.digest(folder), "intents": intents, "languages": taught}, payload)


def words_of(text: str) -> list[str]:
    """The tokens of a message as the reader is shown it."""
    original = plain(text)
    found = named.find(original, today=TODAY, names=Names())
    return features.tokens(readable.body(readable.text(original.text, found)))


def _language(
    examples: list[Example], labelled: list[Example], weighings: Sequence[Weighing]
) -> tuple[dict[str, Any], bytes]:
    texts = [_text(example) for example in examples]
    temperature, sure_from = _calibrated(texts, weighings)
    fitted = _selected(texts, weighings)
    if labelled:
        asked = [_text(example) for example in labelled]
        logits = _matrix(asked, fitted.vocabularies) @ fitted.weights + fitted.bias
        sure_from = _sure_from(_softmax(logits / temperature), _intents(asked))
    headers, payload, start = [], b"", 0
    for vocabulary in fitted.vocabularies:
        end = start + len(vocabulary.rows)
        header, part = _rounded(vocabulary, fitted.weights[start:end])
        headers.append(header)
        payload += part
        start = end
    return {
        "bias": [round(float(one), 6) for one in fitted.bias],
        "temperature": temperature,
        "sure_from": sure_from,
        "precision": PRECISION,
        "groups": headers,
    }, payload


def _text(example: Example) -> Text:
    words = words_of(example.text)
    return Text(example, words, features.of(words))


def _selected(texts: list[Text], weighings: Sequence[Weighing]) -> Fitted:
    """Fitted on all features, then again on the most telling ones of each group."""
    everything = [_vocabulary(texts, weighing) for weighing in weighings]
    first = _fit(texts, everything, tolerance=1e-4)
    kept, start = [], 0
    for vocabulary in everything:
        end = start + len(vocabulary.rows)
        kept.append(_most_telling(vocabulary, first.weights[start:end]))
        start = end
    return _fit(texts, kept, tolerance=1e-8)


def _most_telling(vocabulary: Vocabulary, weights: Any) -> Vocabulary:
    telling = (abs(weights).max(axis=1) * vocabulary.idf).round(3)
    names = list(vocabulary.rows)
    best = sorted(range(len(names)), key=lambda row: (-telling[row], names[row]))[: vocabulary.weighing.most]
    rows = sorted(best)
    return Vocabulary(vocabulary.weighing, {names[row]: at for at, row in enumerate(rows)}, vocabulary.idf[rows])


def _vocabulary(texts: list[Text], weighing: Weighing) -> Vocabulary:
    counts = Counter(name for text in texts for name in getattr(text.groups, weighing.name))
    names = sorted(name for name, count in counts.items() if count >= weighing.occurrences)
    often = numpy.array([counts[name] for name in names])
    return Vocabulary(
        weighing, {name: row for row, name in enumerate(names)}, 1 + numpy.log((1 + len(texts)) / (1 + often))
    )


def _fit(texts: list[Text], vocabularies: list[Vocabulary], *, tolerance: float) -> Fitted:
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", tol=tolerance, max_iter=3000)
    model.fit(
        _matrix(texts, vocabularies),
        _intents(texts),
        sample_weight=[text.example.weight for text in texts],
    )
    return Fitted(vocabularies, model.coef_.T, model.intercept_)


def _intents(texts: list[Text]) -> Any:
    return numpy.array([INTENTS.index(text.example.intent) for text in texts])


def _matrix(texts: list[Text], vocabularies: list[Vocabulary]) -> Any:
    """(texts, features): each group's idf vector at unit length, times its weight."""
    pointers, columns, values = [0], [], []
    for text in texts:
        start = 0
        for vocabulary in vocabularies:
            rows = vocabulary.rows
            present = sorted(rows[name] for name in getattr(text.groups, vocabulary.weighing.name) if name in rows)
            idf = vocabulary.idf[present]
            length = float(numpy.sqrt((idf**2).sum())) or 1.0
            weight = vocabulary.weighing.weight * artifact.fading(vocabulary.weighing.full_until, len(text.words))
            columns += [start + row for row in present]
            values += list(weight / length * idf)
            start += len(rows)
        pointers.append(len(columns))
    return csr_matrix((values, columns, pointers), shape=(len(texts), sum(len(one.rows) for one in vocabularies)))


def _calibrated(texts: list[Text], weighings: Sequence[Weighing]) -> tuple[float, float]:
    """Temperature and threshold, from what is said of phrases and letters whose families were left out."""
    natural = [text for text in texts if text.example.kind == "letter"]
    logits = numpy.zeros((len(natural), len(INTENTS)))
    fold_of = [phrases.hashed(text.example.family) % FOLDS for text in natural]
    for fold in range(FOLDS):
        taught = [text for text in texts if phrases.hashed(text.example.family) % FOLDS != fold]
        asked = [row for row, of in enumerate(fold_of) if of == fold]
        fitted = _fit(taught, [_vocabulary(taught, weighing) for weighing in weighings], tolerance=1e-3)
        logits[asked] = (
            _matrix([natural[row] for row in asked], fitted.vocabularies) @ fitted.weights + fitted.bias
        )
    right = _intents(natural)
    temperatures = numpy.arange(0.2, 2.01, 0.02)
    temperature = min(temperatures, key=lambda one: _surprise(logits / one, right))
    return round(float(temperature), 2), _sure_from(_softmax(logits / temperature), right)


def _softmax(logits: Any) -> Any:
    raised = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _surprise(logits: Any, right: Any) -> float:
    """Mean negative log-likelihood."""
    return float(-numpy.log(_softmax(logits)[numpy.arange(len(right)), right] + 1e-12).mean())


def _sure_from(probabilities: Any, right: Any) -> float:
    """The lowest confidence from which on what is read as in scope is right often enough."""
    read = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    in_scope = read != INTENTS.index(Intent.OUT_OF_SCOPE)
    for threshold in numpy.arange(0.3, 1.0, 0.01):
        sure = in_scope & (confidence >= threshold)
        if (read[sure] == right[sure]).mean() >= PRECISION:
            return round(float(threshold), 2)
    return 1.0


def _rounded(vocabulary: Vocabulary, weights: Any) -> tuple[dict[str, Any], bytes]:
    """A group as the artifact holds it: idf folded into weights of four bits, with a factor for each feature."""
    folded = weights * vocabulary.idf[:, None]
    squares = vocabulary.idf**2
    idf_scale = 255 / float(squares.max())
    most = abs(folded).max(axis=1)
    scale = float(most.max()) / (7 * MOST_FACTOR)
    factors = numpy.clip(numpy.ceil(most / (7 * scale) - 1e-6), 1, MOST_FACTOR).astype(int)
    bits = numpy.clip(numpy.rint(folded / (factors[:, None] * scale)) + 8, 0, 15).astype(int)
    rows = b"".join(
        bytes((factor, round(square * idf_scale)))
        + bytes.fromhex("".join(f"{one:x}" for one in row).ljust(2 * (len(row) + 1 >> 1), "0"))
        for factor, square, row in zip(factors, squares, bits, strict=True)
    )
    names = artifact.shortened(list(vocabulary.rows))
    weighing = vocabulary.weighing
    return {
        "name": weighing.name,
        "count": len(vocabulary.rows),
        "names_bytes": len(names),
        "weight": weighing.weight,
        "scale": scale,
        "idf_scale": idf_scale,
        "full_until": weighing.full_until,
    }, names + rows
