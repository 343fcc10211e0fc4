"""How well labelled messages are read: the measures that a scorecard shows. Rates are from 0 to 1."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from policy.values import Intent

BINS = 15
TARGET = 0.95


class Read(NamedTuple):
    """A message as it was read, and the intents that are right, the first the primary one."""

    intent: Intent
    confidence: float
    out_of_scope: float
    escalate: bool
    right: tuple[Intent, ...]

    @property
    def is_right(self) -> bool:
        return self.intent in self.right

    @property
    def is_in_scope(self) -> bool:
        return self.right[0] is not Intent.OUT_OF_SCOPE


def macro(read: Sequence[Read]) -> float:
    """Mean over the intents of the share read rightly."""
    by_intent = defaultdict(list)
    for one in read:
        by_intent[one.right[0]].append(one.is_right)
    return _mean([_mean(rights) for rights in by_intent.values()])


def most_confident(read: Sequence[Read], share: float) -> list[Read]:
    return sorted(read, key=lambda one: -one.confidence)[: int(share * len(read))]


def area_under_roc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """The chance that one of `inside` is above one of `outside`; ties count half (Mann-Whitney U)."""
    ranked = sorted([(value, True) for value in inside] + [(value, False) for value in outside])
    total, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        total += sum(is_inside for _, is_inside in ranked[at:end]) * (at + end + 1) / 2
        at = end
    return (total - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside))


def bins(read: Sequence[Read]) -> list[tuple[float, float, int]]:
    """Mean confidence, share right and count of each of 15 equal bins that holds any."""
    held = defaultdict(list)
    for one in read:
        held[min(int(one.confidence * BINS), BINS - 1)].append(one)
    return [
        (_mean([one.confidence for one in some]), _mean([one.is_right for one in some]), len(some))
        for _, some in sorted(held.items())
    ]


def calibration_error(read: Sequence[Read]) -> float:
    """Expected calibration error: the mean distance of confidence from accuracy, over 15 bins."""
    return sum(count * abs(confidence - right) for confidence, right, count in bins(read)) / max(len(read), 1)


def coverage(read: Sequence[Read], target: float = TARGET) -> float:
    """The largest share of the most confident that is right at `target`."""
    ordered = sorted(read, key=lambda one: -one.confidence)
    rights, best = 0, 0
    for count, one in enumerate(ordered, start=1):
        rights += one.is_right
        best = count if rights >= target * count else best
    return best / max(len(read), 1)


def report(read: Sequence[Read]) -> str:
    """The scorecard, for people."""
    inside = [one for one in read if one.is_in_scope]
    outside = [one for one in read if not one.is_in_scope]
    answered = [one for one in read if not one.escalate]
    rows = [
        f"{len(read)} messages, {len(inside)} in scope",
        f"macro accuracy, in scope          {macro(inside):.3f}",
        f"most confident 80 %, in scope     {_mean([one.is_right for one in most_confident(inside, 0.8)]):.3f}",
        f"expected calibration error        {calibration_error(inside):.3f}",
        f"coverage at 95 % accuracy         {coverage(read):.3f}",
        f"not escalated                     {len(answered) / max(len(read), 1):.3f}",
        f"  of those in scope               {sum(one.is_in_scope for one in answered) / max(len(inside), 1):.3f}",
        f"  and right                       {_mean([one.is_right for one in answered]):.3f}",
    ]
    if inside and outside:
        area = area_under_roc([1 - one.out_of_scope for one in inside], [1 - one.out_of_scope for one in outside])
        rows.append(f"out of scope, area under the ROC  {area:.3f}")
    return "\n".join([*rows, "", *_confusions(read)])


def _confusions(read: Sequence[Read]) -> list[str]:
    rows = [f"{'intent':24} {'count':>5} {'right':>6}  read as"]
    for intent in Intent:
        some = [one for one in read if one.right[0] is intent]
        if some:
            wrong = Counter(one.intent.value for one in some if not one.is_right)
            said = ", ".join(f"{name} {count}" for name, count in wrong.most_common(4))
            rows.append(
                f"{intent.value:24} {len(some):>5} {_mean([one.is_right for one in some]):>6.2f}  {said}".rstrip()
            )
    return rows


def curve(read: Sequence[Read]) -> str:
    """The reliability curve as an SVG: a dot a bin, as large as it holds many; on the line, confidence is true."""
    dots = "".join(
        f'<circle cx="{40 + 300 * confidence:.1f}" cy="{340 - 300 * right:.1f}" r="{2 + 14 * (count / len(read)) ** 0.5:.1f}">'
        f"<title>{count} messages: confidence {confidence:.2f}, right {right:.2f}</title></circle>"
        for confidence, right, count in bins(read)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 380" font-family="sans-serif" font-size="12">'
        '<rect width="360" height="380" fill="#fff"/><path d="M40 340H340M40 340V40M40 340L340 40" stroke="#888" fill="none"/>'
        '<text x="190" y="370" text-anchor="middle">confidence</text>'
        '<text x="14" y="190" text-anchor="middle" transform="rotate(-90 14 190)">share right</text>'
        f'<g fill="#2563eb" fill-opacity=".7">{dots}</g></svg>\n'
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
