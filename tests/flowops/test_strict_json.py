"""S4: whatever bytes come, the reader answers with a value we can store or with NotStrictJSON, nothing else."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowops.strict_json import MAX_BYTES, MAX_DEPTH, MAX_INTEGER, NotStrictJSON, TooLarge, loads

REFUSED = {
    "nothing": (b"", "Expecting value"),
    "blanks": (b" \n\t", "Expecting value"),
    "two values": (b"1 2", "Extra data at line 1, column 3"),
    "trailing comma": (b'{"a": 1,}', "at line 1, column"),
    "single quotes": (b"{'a': 1}", "Expecting property name"),
    "raw line break in a text": (b'"a\nb"', "Invalid control character"),
    "unterminated text": (b'"[[[[', "Unterminated string"),
    "byte order mark": (b"\xef\xbb\xbf{}", "byte order mark"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    "UTF-16 without mark": ('{"ä": 1}'.encode("utf-16-le"), "not UTF-8|Expecting"),
    "Latin-1": ('{"a": "ä"}'.encode("latin-1"), "not UTF-8"),
    "raw half of a surrogate pair": (b'"\xed\xa0\x80"', "not UTF-8"),
    "raw NUL": (b'"\x00"', "Invalid control character"),
    "escaped NUL": (rb'"\u0000"', "NUL character"),
    "escaped NUL in a member's name": (rb'{"a\u0000": 1}', "NUL character"),
    "escaped NUL deep inside": (rb'{"a": [{"b": ["x\u0000"]}]}', "NUL character"),
    "first half of a pair": (rb'"\ud83d"', "half of a surrogate pair"),
    "second half of a pair": (rb'"\ude00"', "half of a surrogate pair"),
    "halves in the wrong order": (rb'"\ude00\ud83d"', "half of a surrogate pair"),
    "half of a pair in a member's name": (rb'{"\ud83d": 1}', "half of a surrogate pair"),
    "NaN": (b"NaN", "NaN is not a number"),
    "Infinity": (b'{"a": Infinity}', "Infinity is not a number"),
    "-Infinity": (b"[-Infinity]", "-Infinity is not a number"),
    "1e999": (b"1e999", "a number is out of range"),
    "-1e999": (b"[-1e999]", "a number is out of range"),
    "1 beyond the largest integer": (b"9007199254740992", "an integer is out of range"),
    "1 below the smallest integer": (b"-9007199254740992", "an integer is out of range"),
    "integer of 30 digits": (b"1" * 30, "an integer is out of range"),
    "integer of 5,000 digits": (b"9" * 5000, "an integer is out of range"),
    "negative integer of 5,000 digits": (b"-" + b"9" * 5000, "an integer is out of range"),
    "hexadecimal": (b"0x10", "Extra data"),
    "leading zero": (b"007", "Extra data"),
    "same member twice": (b'{"mode": "shadow", "mode": "live"}', "same member twice"),
    "same member twice, one escaped": (rb'{"mode": 1, "\u006dode": 2}', "same member twice"),
    "same member twice, nested": (b'{"a": [{"b": {"c": 1, "c": 1}}]}', "same member twice"),
    "arrays one level too deep": (b"[" * 21 + b"]" * 21, "nested deeper than 20"),
    "objects one level too deep": (b'{"a":' * 21 + b"1" + b"}" * 21, "nested deeper than 20"),
    "as deep as the body is long": (b"[" * MAX_BYTES, "nested deeper than 20"),
}


@pytest.mark.parametrize(("body", "why"), REFUSED.values(), ids=REFUSED)
def test_what_we_could_not_store_or_would_misread_is_refused_with_its_reason(body, why):
    with pytest.raises(NotStrictJSON, match=why) as refusal:
        loads(body)
    assert not isinstance(refusal.value, TooLarge)


TAKEN = {
    "null": (b"null", None),
    "object": (b'{"mode": "live", "n": [1, -1, 0.5, true]}', {"mode": "live", "n": [1, -1, 0.5, True]}),
    "blanks around": (b" \r\n\t1 ", 1),
    "letters beyond ASCII": ('"Grüße, 東京 😀"'.encode(), "Grüße, 東京 😀"),
    "a whole surrogate pair": (rb'"\ud83d\ude00"', "😀"),
    "largest integer": (b"9007199254740991", MAX_INTEGER),
    "smallest integer": (b"-9007199254740991", -MAX_INTEGER),
    "largest float": (b"1.7976931348623157e308", 1.7976931348623157e308),
    "a number too small to tell from zero": (b"1e-999", 0.0),
    "arrays at the limit of depth": (b"[" * 20 + b"]" * 20, json.loads("[" * 20 + "]" * 20)),
    "many shallow arrays": (b"[" + b",".join([b"[]"] * 500) + b"]", [[]] * 500),
    "brackets in a text": (b'"' + b"[{" * 50 + b'"', "[{" * 50),
    "brackets after an escaped quote": (rb'["\"[[[[[[[[[[[[[[[[[[[[[[[["]', ['"' + "[" * 24]),
    "brackets after an escaped backslash": (rb'["\\", "[[[[[[[[[[[[[[[[[[[[[["]', ["\\", "[" * 22]),
    "same name in different objects": (b'[{"a": 1}, {"a": {"a": 2}}]', [{"a": 1}, {"a": {"a": 2}}]),
}


@pytest.mark.parametrize(("body", "value"), TAKEN.values(), ids=TAKEN)
def test_everything_else_is_read_as_it_stands(body, value):
    assert loads(body) == value


def test_64_kib_are_read_and_one_byte_more_is_too_large():
    body = b'"' + b"x" * (MAX_BYTES - 2) + b'"'
    assert len(loads(body)) == 64 * 1024 - 2
    with pytest.raises(TooLarge, match="larger than 65536 bytes"):
        loads(body + b" ")


def test_the_limit_counts_bytes_not_letters():
    with pytest.raises(TooLarge):
        loads('"{}"'.format("ä" * (MAX_BYTES // 2)).encode())


def test_the_refusal_does_not_quote_the_body():
    with pytest.raises(NotStrictJSON) as refusal:
        loads(b'{"card": "4111 1111 1111 1111", "card": 2}')
    assert "4111" not in str(refusal.value)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
storable = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


@given(storable, st.booleans())
@settings(deadline=None)
def test_what_can_be_stored_is_read_back_unchanged(value, escaped):
    assert loads(json.dumps(value, ensure_ascii=escaped).encode()) == value


def _is_read_or_refused(body: bytes) -> bool:
    try:
        value = loads(body)
    except NotStrictJSON:
        return True
    return bool(loads(json.dumps(value).encode()) == value)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_raise_anything_but_the_refusal(body):
    assert _is_read_or_refused(body)


@given(st.text('[]{}",:\\ud8e0123456789E+-.truefalsnNaIity \n', max_size=200))
@settings(deadline=None, max_examples=300)
def test_no_near_miss_of_json_raises_anything_but_the_refusal(text):
    assert _is_read_or_refused(text.encode())


@given(st.integers(0, 60), st.sampled_from(["[", '{"a":']))
def test_twenty_levels_are_read_and_any_more_refused(depth, opening):
    body = (opening * depth + "1" + ("]" if opening == "[" else "}") * depth).encode()
    if depth <= MAX_DEPTH:
        assert loads(body) == json.loads(body)
    else:
        with pytest.raises(NotStrictJSON, match="nested deeper"):
            loads(body)


@pytest.mark.parametrize(
    "body", [b'"' + b'\\"' * 32_000, b'"' * 65_000, b"[" * 65_000], ids=["escaped", "quotes", "open"]
)
def test_a_hostile_body_takes_no_time(body):
    started = time.perf_counter()
    with pytest.raises(NotStrictJSON):
        loads(body)
    assert time.perf_counter() - started < 2  # it was thirteen seconds while the scan was quadratic
