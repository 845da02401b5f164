"""How good a taxonomy's labels are, on lines that it was not taught by."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from shopbell.assistant.tagging.known import Told
from shopbell.desk.tags.types import Example

NONE = "(none)"


class Figures(Struct, frozen=True, kw_only=True):
    """`in_scope_accuracy` is the share of labelled lines whose likeliest label is theirs, however
    sure; `out_of_scope_auc` the chance that a labelled line scores above one without a label (null
    where there are none). `precision` and `recall` count only labels that are sure enough to be
    given: right of all given, and right of all labelled lines. `confusion` holds, by true label,
    how often each label was given, `(none)` where none was."""

    n: int
    in_scope_accuracy: float | None
    out_of_scope_auc: float | None
    precision: float | None
    recall: float | None
    given_out_of_scope: int
    by_language: dict[str, "Figures"] = {}
    confusion: dict[str, dict[str, int]] = {}


def figures(lines: Sequence[Example], told: Sequence[Told]) -> Figures:
    """The figures, by language too where the lines name one."""
    by_language: defaultdict[str, list[int]] = defaultdict(list)
    confusion: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for at, (line, one) in enumerate(zip(lines, told, strict=True)):
        confusion[line.label or NONE][one.label if one.sure else NONE] += 1
        if line.language:
            by_language[line.language].append(at)
    return _figures(
        lines,
        told,
        by_language={
            language: _figures([lines[at] for at in places], [told[at] for at in places])
            for language, places in sorted(by_language.items())
        },
        confusion={true: dict(given.most_common()) for true, given in sorted(confusion.items())},
    )


def _figures(
    lines: Sequence[Example],
    told: Sequence[Told],
    *,
    by_language: dict[str, Figures] | None = None,
    confusion: dict[str, dict[str, int]] | None = None,
) -> Figures:
    pairs = list(zip(lines, told, strict=True))
    inside = [(line, one) for line, one in pairs if line.label is not None]
    outside = [one for line, one in pairs if line.label is None]
    given = [(line, one) for line, one in pairs if one.sure]
    right = sum(one.label == line.label for line, one in given)
    likeliest = sum(one.label == line.label for line, one in inside)
    return Figures(
        n=len(lines),
        in_scope_accuracy=_share(likeliest, len(inside)),
        out_of_scope_auc=_auc([one.score for _, one in inside], [one.score for one in outside]),
        precision=_share(right, len(given)),
        recall=_share(right, len(inside)),
        given_out_of_scope=sum(one.sure for one in outside),
        by_language=by_language or {},
        confusion=confusion or {},
    )


def _share(some: int, of: int) -> float | None:
    return round(some / of, 4) if of else None


def _auc(inside: Sequence[float], outside: Sequence[float]) -> float | None:
    """The chance that one of the first is above one of the second; equal ones count half."""
    if not inside or not outside:
        return None
    known = np.sort(np.array(outside))
    below = np.searchsorted(known, inside, "left") + np.searchsorted(known, inside, "right")
    return round(float(below.mean()) / 2 / len(outside), 4)
