"""Words that close a matter rather than ask something: they start no clock."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS = _words(
    # English, German, French, Spanish, Italian, Dutch, Portuguese, Polish, Swedish, Danish, Turkish
    """
    thanks thank you thx ty cheers ok okay okey great perfect super cool nice awesome lovely brilliant
    wonderful excellent much very so many a lot for your the help quick reply again all good got it
    will do that works sorted bye have nice day
    danke dankeschön vielen dank herzlichen besten lieben schön sehr gut prima perfekt toll alles klar
    merci beaucoup bien parfait d'accord génial c'est bon super bonne journée
    gracias muchas mil vale perfecto genial muy amable de acuerdo
    grazie mille perfetto va bene ottimo gentile
    bedankt dank je wel u hartelijk prima fijn oké top
    obrigado obrigada muito perfeito valeu ótimo
    dziękuję dzięki bardzo super świetnie
    tack så mycket perfekt bra
    tak mange perfekt
    teşekkürler teşekkür ederim sağolun çok tamam
    شكرا شكرًا جزيلا جزيلاً لك تمام حسنا
    ありがとう ありがとうございます ありがとうございました 了解です 了解しました
    谢谢 谢谢你 谢谢您 好的 多谢 감사합니다 고마워요 спасибо большое хорошо понятно дякую
    """
)
_THANKS = _words(
    """
    thanks thank thx ty cheers ok okay okey great perfect awesome lovely brilliant sorted
    danke dankeschön dank prima perfekt merci parfait gracias vale perfecto grazie perfetto bedankt
    oké obrigado obrigada perfeito valeu dziękuję dzięki tack tak teşekkürler teşekkür sağolun tamam
    شكرا شكرًا تمام حسنا ありがとう ありがとうございます ありがとうございました 了解です 了解しました
    谢谢 谢谢你 谢谢您 好的 多谢 감사합니다 고마워요 спасибо хорошо понятно дякую
    """
)
_SIGNS = frozenset("👍👌🙏❤💚💙🧡💛💜🤍😊🙂😀😃😄😁🥰😍🤗🎉✅🏻🏼🏽🏾🏿\ufe0f\u200d !.:;)-(D")
_LONGEST = 80
_MARKS = re.compile(r"[^\w'\u0300-\u036f]+")
_CALLS_FOR_AN_ANSWER = re.compile(r"[?？؟]")


def only_thanks(text: str) -> bool:
    """Whether a message only says thanks or yes, in so many words or by a sign like 👍.

    In doubt it does not: a clock too many is seen by an agent, one too few by nobody.
    """
    if len(text) > _LONGEST or _CALLS_FOR_AN_ANSWER.search(text):
        return False
    words = _MARKS.sub(" ", text.lower().replace("’", "'")).split()
    if not words:
        return bool(text.strip()) and set(text) <= _SIGNS
    return all(word in _WORDS for word in words) and any(word in _THANKS for word in words)
