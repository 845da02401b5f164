"""What a mail's subject is about, without the marks that mail programs put before it.

As the base subject of RFC 5256, 2.1, in the languages of the programs that we know: "Re:", "AW:",
"Fwd:" and the like, also repeated or counted ("Re[2]:"), a gateway's tag ("[EXTERNAL]"), "(fwd)".
"""

import re
import unicodedata

_MARKS = (
    "re|r|ref|rép|réf|rif|ris|res|resp|aw|antw|antwort|betr|sv|ang|vs|vl|vá|válasz|továbbítás|odp|odpověď|odg|ats|atb"
    "|ynt|ilt|i̇lt|tl|cht|bls|balas|trs|răsp|răspuns|rv|tr|enc|i|wg|vb|pd|fw|fwd|doorst|doorgestuurd|weitergeleitet"
    "|απ|σχετ|πρθ|ответ|отв|на|відп|fs|пересл|переслать"
    "|השב|הועבר|תשובה|رد|إعادة توجيه|پاسخ|回复|回覆|答复|答覆|转发|轉寄|轉發|返信|転送|回信|회신|답장|전달|ตอบกลับ|ส่งต่อ"
)
_BEFORE = re.compile(
    rf"^(?:(?:{_MARKS})\s*(?:[\[(*^]*\d{{1,3}}[\])]*)?\s*[:：]|\[[^\[\]\d]{{1,40}}\](?=\s*\S))\s*"
)
_AFTER = re.compile(r"\s*\((?:fwd|fw)\)$")
_EMPTY = frozenset(
    {
        "(no subject)",
        "no subject",
        "(kein betreff)",
        "(ohne betreff)",
        "(sans objet)",
        "(sin asunto)",
        "(nessun oggetto)",
        "(sem assunto)",
        "(geen onderwerp)",
        "(bez tematu)",
        "(без темы)",
        "(件名なし)",
        "(无主题)",
    }
)
"""What programs write where nothing was."""
LONGEST = 500
"""Characters that are looked at."""


def bare_subject(subject: str) -> str:
    """The subject as two of one matter are compared; empty where nothing is told by it."""
    text = unicodedata.normalize("NFKC", subject[:LONGEST]).casefold()
    text = " ".join(_unseen_gone(text).split())
    while (left := _AFTER.sub("", _BEFORE.sub("", text)).strip()) != text:
        text = left
    return "" if text in _EMPTY or not any(sign.isalnum() for sign in text) else text


def _unseen_gone(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
