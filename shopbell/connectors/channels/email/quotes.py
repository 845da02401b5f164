"""What the sender newly wrote: a mail's text without what it quotes and without signatures.

Knows lines such as "On … wrote:" in the languages that mail programs write them in, blocks of
From/Sent/To/Subject, lines after `>`, what HTML marked (see `pages`), and the usual endings. Where
nothing new would be left, as in a bare forward, the whole text is what was written.
"""

import re

from shopbell.connectors.channels.email.pages import QUOTE, SIGNATURE

LONGEST = 200_000
LONGEST_INTRODUCTION = 400
MOST_LINES = 4
"""Over so many lines an introduction may be broken."""

_WROTE = re.compile(
    r"""^\s*\W{0,3}(?:
      On\b.{4,}\b(?:wrote|writes|said)
    | Am\b.{4,}\b(?:schrieb|geschrieben)\b.*
    | (?:Den|På|El|Em|Le|Il|Op|Dne|Dňa|W\ dniu|Dnia|A|În|La|Pe|Στις|Vào|Pada|Den|Tarihinde|Ha)\b.{4,}
      (?:a\s+écrit|schreef|escribió|escribi[oó]|escreveu|ha\s+scritto|skrev|skrev\s+følgende|
       napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|napisał(?:\(a\)|a)?|pisze|írta|a\s+scris|έγραψε|đã\s+viết|menulis|het\s+volgende\s+geschreven).*
    | .{3,}(?:schrieb\ am|skrev\ den|escribió\ el|a\s+écrit\s+le|ha\s+scritto\s+il|schreef\s+op|kirjoitti|
       tarihinde.{0,200}(?:şunu\ yazdı|yazdı)|написал(?:\(а\)|а)?|пишет|написав(?:\(ла\))?|пише|
       написа|írta|skrev\s+følgende|wrote|schrieb|escribió|a\s+écrit|ha\s+scritto|escreveu|schreef|skrev).{0,120}
    | .{3,}(?:のメール|は書きました|さんは.{0,80}書きました|님이\ 작성|작성|写道|寫道|のメッセージ)
    )\s*[:：]\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_BEGINS = re.compile(
    r"^\s*\W{0,3}(?:On|Am|Den|På|El|Em|Le|Il|Op|Dne|Dňa|W dniu|Dnia|În|La|Pe|Στις|Vào|Pada|Ha|\d{4}|\d{1,2}[./-]|[^\W\d_]{2,4},? \d{1,2})",
    re.IGNORECASE,
)
_DATED = re.compile(r"\d{4}|\d{1,2}[:.]\d{2}|@")
_ORIGINAL = re.compile(
    r"^\s*[-_*=~]{2,}\s*(?:original[- ]message|original[- ]e?mail|reply message|replied message|"
    r"ursprüngliche (?:nachricht|e-?mail)|original-?nachricht|weitergeleitete nachricht|"
    r"message d['’]origine|message original|mensaje original|mensagem original|messaggio originale|"
    r"oorspronkelijk bericht|oprindelig meddelelse|ursprungligt meddelande|opprinnelig melding|"
    r"alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|původní (?:zpráva|e-?mail)|eredeti üzenet|"
    r"mesaj original|исходное сообщение|пересылаемое сообщение|orijinal mesaj|özgün ileti|"
    r"原始邮件|原始郵件|邮件原件|元のメッセージ|원본 메시지|الرسالة الأصلية)\s*[-_*=~]{2,}\s*$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^\s*(?:[-_*=~]{2,}\s*(?:forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|"
    r"mensagem encaminhada|messaggio inoltrato|doorgestuurd bericht|videresendt.*|vidarebefordrat.*|"
    r"przekazana wiadomość|пересылаемое сообщение|转发的邮件|轉寄郵件|転送メッセージ)\b.*"
    r"|begin forwarded message:|anfang der weitergeleiteten.*:|début du message (?:réexpédié|transféré).*:)\s*$",
    re.IGNORECASE,
)
_FROM = (
    "from|von|de|da|van|od|от|від|fra|från|lähettäjä|kimden|gönderen|feladó|από|发件人|寄件者|寄件人"
    "|差出人|送信者|보낸 사람|보낸사람|من|expéditeur|remitente|mittente|nadawca|odesílatel|מאת|expeditor"
)
_OTHERS = (
    "sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|envoyée|à|objet|enviado(?: el)?|fecha|para"
    "|asunto|data|assunto|inviato|a|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|sendt|dato|til|emne"
    "|lähetetty|päivämäärä|vastaanottaja|aihe|wysłano|do|temat|odesláno|komu|předmět|predmet|elküldve|címzett"
    "|tárgy|отправлено|дата|кому|тема|kime|konu|tarih|gönderme tarihi|gönderildi|发送时间|發送時間|日期"
    "|收件人|收件者|主题|主旨|送信日時|日時|宛先|件名|보낸 날짜|날짜|받는 사람|받는사람|제목"
    "|trimis|către|subiect|date d'envoi|ημερομηνία|προς|θέμα|reply-to|to whom|kopie|copie|importance"
)
_FROM_LINE = re.compile(
    rf"^\s*[*_]{{0,2}}(?:{_FROM})\s?[*_]{{0,2}}\s*[:：]\s*[*_]{{0,2}}\s*\S", re.IGNORECASE
)
_HEAD_LINE = re.compile(
    rf"^\s*[*_]{{0,2}}(?:{_FROM}|{_OTHERS})\s?[*_]{{0,2}}\s*[:：]", re.IGNORECASE
)
_RULE = re.compile(r"^\s*[_\-=*]{10,}\s*$")
_SENT_FROM = re.compile(
    r"^\s*\W{0,2}(?:(?:sent|send) (?:from|via|with|by) (?:my |the |a )?[\w .&'’+-]{2,60}"
    r"|(?:get|download|sent with) (?:outlook|spark|bluemail|proton ?mail|airmail)\b.{0,80}"
    r"|(?:von meinem|gesendet (?:von|mit|über|aus)|diese nachricht wurde von meinem) .{2,80}"
    r"|(?:envoyé (?:de|depuis|à partir de|avec)) .{2,80}|(?:enviado (?:desde|do|de|a partir do|con)) .{2,80}"
    r"|(?:inviato (?:da|dal)) .{2,60}|(?:verzonden (?:vanaf|vanuit|met|via)) .{2,60}|(?:skickat från|skickades från) .{2,60}"
    r"|(?:sendt fra) .{2,60}|(?:lähetetty) .{2,60}|(?:wysłane z|wysłano z) .{2,60}|(?:odesláno z) .{2,60}"
    r"|(?:отправлено (?:с|из)) .{2,60}|(?:.{2,30}['’]?(?:den|dan|ten|tan) gönderildi)"
    r"|(?:发自|發自|从我的).{1,40}|.{1,30}から送信|.{1,30}에서 보냄|나의 .{1,30}에서 보냄)\s*$",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"^(?:-- ?|--\xa0|—\s?|__)$")
_LONGEST_SIGNATURE = 15
_LIST_FOOT = re.compile(
    r"^(?:_{30,}|-{40,})$|^You received this message because you are subscribed to\b", re.IGNORECASE
)
_LIST_WORDS = re.compile(
    r"mailing list|unsubscribe|mailman|listinfo|subscribed|google groups", re.IGNORECASE
)


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
    at, count = 0, len(lines)
    while at < count:
        one = lines[at]
        if _FORWARDED.match(one) and not _any_words(kept):
            return kept + lines[at:]
        if one == QUOTE:
            if _is_forward(lines, at) and not _any_words(kept):
                return lines
            if not _quoted_after(lines, at + 1):
                break
            at += 1
            continue
        if _is_quoted(one):
            at += 1
            continue
        length = _introduction(lines, at)
        if length:
            after = at + length
            if _quoted_after(lines, after):
                at = after
                continue
            if _any_words(kept):
                break
            if not any(_is_quoted(rest) for rest in lines[after:]):
                break
        if _ORIGINAL.match(one) or _FORWARDED.match(one) or _is_block(lines, at):
            break
        kept.append(one)
        at += 1
    while kept and (not kept[-1].strip() or _RULE.match(kept[-1])):
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
        ends = joined.rstrip("* _").endswith((":", "："))
        dated = ends and bool(_DATED.search(joined))
        if dated and (
            _WROTE.match(joined.rstrip("* _")) or _introduces(lines, at + length, joined)
        ):
            return length
        if length == 1 and not _BEGINS.match(joined) and not _DATED.search(joined):
            return 0
    return 0


def _introduces(lines: list[str], at: int, joined: str) -> bool:
    """Whether a line in no language that is known here says who wrote the quoted lines after it."""
    return "@" in joined and any(one.isdigit() for one in joined) and _quoted_after(lines, at)


def _is_block(lines: list[str], at: int) -> bool:
    """Whether a quoted mail's head begins here: From, and at least two more of its lines."""
    if not _FROM_LINE.match(lines[at]):
        return False
    following = [one for one in lines[at + 1 : at + 10] if one.strip()][:5]
    return sum(bool(_HEAD_LINE.match(one)) for one in following) >= 2


def _is_forward(lines: list[str], at: int) -> bool:
    return any(_FORWARDED.match(one) for one in lines[at + 1 : at + 4])


def _is_quoted(one: str) -> bool:
    return bool(re.match(r"^\s{0,3}[>|›»]", one))


def _quoted_after(lines: list[str], at: int) -> bool:
    """Whether the next words are quoted with a sign before each line."""
    following = next((one for one in lines[at : at + 12] if one.strip() and one != QUOTE), "")
    return _is_quoted(following)


def _any_words(lines: list[str]) -> bool:
    return any(one.strip() and one not in (QUOTE, SIGNATURE) for one in lines)


def _without_signature(lines: list[str]) -> list[str]:
    for at, one in enumerate(lines):
        short = len(lines) - at <= _LONGEST_SIGNATURE
        delimited = one in ("-- ", "--\xa0") or (short and bool(_SIGNED.match(one)))
        if (one == SIGNATURE or delimited) and (_any_words(lines[:at])):
            return lines[:at]
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for at in range(max(0, end - 4), end):
        if _SENT_FROM.match(lines[at]) and _any_words(lines[:at]):
            return lines[:at]
    return lines


def _without_list_foot(lines: list[str]) -> list[str]:
    for at in range(len(lines) - 1, max(-1, len(lines) - 14), -1):
        if _LIST_FOOT.match(lines[at].strip()) and _LIST_WORDS.search(" ".join(lines[at:])):
            return lines[:at] if _any_words(lines[:at]) else lines
    return lines
