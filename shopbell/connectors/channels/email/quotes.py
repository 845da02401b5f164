"""What the sender newly wrote: a mail's text without what it quotes and without signatures.

Knows lines such as "On … wrote:" in the languages of `phrases`, blocks of From/Sent/To/Subject,
lines after `>`, what HTML marked (see `pages`), and the usual endings. Where nothing new would be
left, as in a bare forward, the whole text is what was written.
"""

import re

from shopbell.connectors.channels.email.pages import QUOTE, SIGNATURE
from shopbell.connectors.channels.email.phrases import (
    ADDRESSED,
    BEGINS,
    DATED,
    FORWARDED,
    FROM_LINE,
    HEAD_LINE,
    INTRODUCTION,
    LIST_FOOT,
    LIST_WORDS,
    ORIGINAL,
    RULE,
    RULED,
    SENT_FROM,
    SIGNED,
    UNSEEN,
)

LONGEST = 200_000
LONGEST_INTRODUCTION = 400
LONGEST_HEAD_LINE = 1_000
MOST_LINES = 4
"""Over so many lines an introduction may be broken."""
LEAST_HEAD_LINES = 3
_LONGEST_SIGNATURE = 15
_MOMENT = re.compile(r"\d{4}.*\d{1,2}[:.]\d{2}|\d{1,2}[:.]\d{2}.*\d{4}")
_LABELLED = re.compile(r"^\s*[*_]{0,2}[^\W\d_][^:：\d]{0,25}[:：]\s*\S")
_QUOTED = re.compile(r"^\s{0,3}(?:>|\|(?!.*\|)|›(?!.*‹)|»(?!.*«))")


def reply_in(text: str) -> str:
    """The newly written part of a mail's text; the whole, without marks, when there is none."""
    whole = unmarked(text)
    lines = _without_list_foot(text[:LONGEST].split("\n"))
    kept = _without_quotes(lines)
    new = unmarked("\n".join(_without_signature(kept))).strip()
    return new or unmarked("\n".join(kept)).strip() or whole.strip()


def unmarked(text: str) -> str:
    """The text without the marks that `pages.text` set."""
    if QUOTE not in text and SIGNATURE not in text:
        return text
    text = text.replace(f"{QUOTE}\n", "").replace(f"{SIGNATURE}\n", "")
    return text.replace(QUOTE, "").replace(SIGNATURE, "")


def _without_quotes(lines: list[str]) -> list[str]:
    kept: list[str] = []
    seen = [UNSEEN.sub("", one) for one in lines]
    at, count = 0, len(lines)
    after_quote = False
    while at < count:
        one = seen[at]
        if FORWARDED.match(one) and not _any_words(kept):
            return kept + lines[at:]
        if one == QUOTE:
            if _is_forward(seen, at) and not _any_words(kept):
                return lines
            if not _quoted_after(seen, at + 1):
                break
            at += 1
            continue
        if _is_quoted(one):
            at, after_quote = at + 1, True
            continue
        length = _introduction(seen, at)
        if length:
            after = at + length
            if _quoted_after(seen, after):
                at = after
                continue
            if _any_words(kept):
                break
            if not any(_is_quoted(rest) for rest in seen[after:]):
                break
        if ORIGINAL.match(one) or FORWARDED.match(one) or _is_head(seen, at):
            break
        if not (after_quote and not one.strip() and kept and not kept[-1].strip()):
            kept.append(lines[at])
        after_quote = after_quote and not one.strip()
        at += 1
    while kept and (not kept[-1].strip() or RULE.match(kept[-1])):
        kept.pop()
    return kept


def _introduction(lines: list[str], at: int) -> int:
    """Over how many lines from here on somebody is said to have written; 0 when nobody is."""
    first = lines[at]
    if not first.strip() or len(first) > LONGEST_INTRODUCTION:
        return 0
    joined = ""
    for length in range(1, MOST_LINES + 1):
        if at + length > len(lines):
            return 0
        following = lines[at + length - 1].strip()
        if length > 1 and (not following or _is_quoted(following)):
            return 0
        joined = f"{joined} {following}".strip()
        if len(joined) > LONGEST_INTRODUCTION:
            return 0
        bare = joined.rstrip("* _")
        ends = bare.endswith((":", "：", "---"))
        if ends and DATED.search(joined) and _introduces(lines, at + length, bare):
            return length
        if length == 1 and not BEGINS.match(joined) and not DATED.search(joined):
            return 0
    return 0


def _introduces(lines: list[str], at: int, joined: str) -> bool:
    """Whether somebody is said to have written what stands from `at` on. In no known language, or
    with no sign before what follows, a date or an address has to speak for it too."""
    moment = bool(_MOMENT.search(joined))
    if INTRODUCTION.match(joined):
        return moment or "@" in joined or _quoted_after(lines, at)
    return (moment or bool(ADDRESSED.search(joined))) and _quoted_after(lines, at)


def _is_head(lines: list[str], at: int) -> bool:
    """Whether a quoted mail's head begins here: lines that say From, Sent, To, Subject, perhaps
    after words between dashes or a line that leads them in."""
    one = lines[at]
    if len(one) > LONGEST_HEAD_LINE:
        return False
    if RULED.match(one) or RULE.match(one):
        return _heads(lines, at + 1) >= 2 or _is_foreign_head(lines[at + 1 : at + 5])
    if HEAD_LINE.match(one) and _heads(lines, at) >= LEAST_HEAD_LINES:
        return True
    return bool(_LABELLED.match(one)) and _is_foreign_head(lines[at : at + 4])


def _is_foreign_head(lines: list[str]) -> bool:
    """Whether these are a head in no known language: a name with an address, a moment, and more."""
    labelled = [one for one in lines if _LABELLED.match(one)]
    first, second, *_ = [*labelled, "", ""]
    return (
        len(labelled) >= LEAST_HEAD_LINES
        and bool(re.search(r"[:：]\W*\w.*<[^<>\s@]+@[^<>\s@]+>\s*$", first))
        and bool(_MOMENT.search(second))
    )


def _heads(lines: list[str], at: int) -> int:
    """How many of the next lines are a head's, one of them saying from whom; 0 without that."""
    following = [one for one in lines[at : at + 12] if one.strip()][:6]
    if not any(_says_from(one[:LONGEST_HEAD_LINE]) for one in following[:4]):
        return 0
    return sum(bool(HEAD_LINE.match(one[:LONGEST_HEAD_LINE])) for one in following)


def _says_from(one: str) -> bool:
    named = ADDRESSED.search(one) and _MOMENT.search(one) and one.rstrip().endswith(":")
    return bool(FROM_LINE.match(one) or named)


def _is_forward(lines: list[str], at: int) -> bool:
    return any(FORWARDED.match(one) for one in lines[at + 1 : at + 4])


def _is_quoted(one: str) -> bool:
    return bool(_QUOTED.match(one))


def _quoted_after(lines: list[str], at: int) -> bool:
    """Whether the next words are quoted with a sign before each line."""
    following = next((one for one in lines[at : at + 12] if one.strip() and one != QUOTE), "")
    return _is_quoted(following)


def _any_words(lines: list[str]) -> bool:
    return any(one.strip() and one not in (QUOTE, SIGNATURE) for one in lines)


def _without_signature(lines: list[str]) -> list[str]:
    for at, one in enumerate(lines):
        short = len(lines) - at <= _LONGEST_SIGNATURE
        delimited = one in ("-- ", "--\xa0") or (short and bool(SIGNED.match(one)))
        if (one == SIGNATURE or delimited) and (_any_words(lines[:at])):
            return lines[:at]
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for at in range(max(0, end - 4), end):
        if SENT_FROM.match(UNSEEN.sub("", lines[at])[:300]) and _any_words(lines[:at]):
            return lines[:at]
    return lines


def _without_list_foot(lines: list[str]) -> list[str]:
    for at in range(len(lines) - 1, max(-1, len(lines) - 14), -1):
        if LIST_FOOT.match(lines[at].strip()) and LIST_WORDS.search(" ".join(lines[at:])):
            return lines[:at] if _any_words(lines[:at]) else lines
    return lines
