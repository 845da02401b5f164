"""How mail programs introduce what they quote and sign what they send, in many languages.

The words are those that the programs themselves write (Gmail, Outlook, Apple Mail, Thunderbird,
Samsung's, and web mail of several countries); `quotes` decides what follows from them.
"""

import re


def _any(*words: str) -> str:
    return "|".join(one for line in words for one in line.split(" | "))


def _plain(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Marks of direction and the like, which programs put into lines of right-to-left languages."""

_WROTE = _any(
    r"wrote | writes | said | schrieb | geschrieben | a\s+écrit | schreef | escribió | escribi[oó]",
    r"escreveu | ha\s+scritto | skrev | kirjoitti | napsal(?:\(a\)|a)? | napísal(?:\(a\)|a)?",
    r"napisał(?:\(a\)|a)? | pisze | napisana\s+przez | napisao(?:\s+je)? | napisala | írta | a\s+scris",
    r"έγραψε | đã\s+viết | menulis | написал(?:\(а\)|а)? | пишет | написав(?:\((?:ла|-ла)\))? | пише",
    r"написа | написао | yazdı | yazdı\s.{0,40} | كتب | كتبت | كتابة | כתב(?:/ה|ה)? | כתבה | نوشت | ने\sलिखा",
    r"เขียนว่า | va\s+escriure | ha\s+escrit | rašė | rakstīja | kirjutas | のメール | 書きました | のメッセージ | 作成",
    r"작성 | 写道 | 寫道",
)
INTRODUCTION = re.compile(
    rf"""^\W{{0,3}}(?:
      .*?(?<!\w)(?:{_WROTE})(?!\w).*
    | .{{3,}}(?:のメール|は書きました|さんは.{{0,80}}書きました|님이\ 작성|写道|寫道|のメッセージ)
    )\s*(?:[:：]|:?\s*-{{3,}})\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
"""A line such as "On … wrote:"; it counts where it also has a date or an address."""

BEGINS = _plain(
    r"^\s*\W{0,3}(?:"
    + _any(
        "On | At | Am | Den | På | El | Em | Le | Il | Op | Dne | Dňa | W dniu | Dnia | În | La | Pe | Στις | Vào",
        "Pada | Ha | На | في | בתאריך | ב- | ในวันที่ | در تاریخ | Missatge | Wiadomość | Zitat | Quoting | Citation",
        r"Citando | Kuupäev | \d{4} | \d{1,2}[./-] | [^\W\d_]{2,5}[.,]{0,2} \d{1,2}",
    )
    + ")"
)
"""How an introduction that is broken over several lines may begin."""

DATED = re.compile(r"\d{4}|\d{1,2}[:.]\d{2}|@")
ADDRESSED = re.compile(r"[<(]\s*(?:mailto:)?[^\s<>()@]+@[^\s<>()@]+\s*[>)]")

_ORIGINAL = _any(
    "original[- ]message | original[- ]e?mail | reply message | replied message | ursprüngliche (?:nachricht|e-?mail)",
    "original-?nachricht | message d['’]origine | message original | mensaje original | mensagem original",
    "messaggio originale | oorspronkelijk bericht | oprindelig meddelelse | ursprungligt meddelande",
    "originalmeddelande | opprinnelig melding | alkuperäinen viesti | wiadomość oryginalna | oryginalna wiadomość",
    "původní (?:zpráva|e-?mail) | pôvodná správa | eredeti üzenet | mesaj(?:ul)? original | исходное сообщение",
    "вихідне повідомлення | оригінальне повідомлення | orijinal mesaj | özgün ileti | αρχικό μήνυμα | 原始邮件",
    "原始郵件 | 邮件原件 | 回复的原邮件 | 元のメッセージ | 원본 ?(?:메시지|메일) | الرسالة الأصلية | הודעה מקורית",
)
_FORWARDED = _any(
    "forwarded message | weitergeleitete nachricht | message transféré | mensaje reenviado | mensagem encaminhada",
    "messaggio inoltrato | doorgestuurd bericht | videresendt.* | vidarebefordrat.* | przekazana wiadomość",
    "пересылаемое сообщение | 转发的邮件 | 轉寄郵件 | 転送メッセージ | رسالة معاد توجيهها",
)
_DASHES = r"[-_*=~]{2,}(?:\s|&nbsp;)*"
ORIGINAL = _plain(rf"^\s*{_DASHES}(?:{_ORIGINAL})(?:\s|&nbsp;)*[-_*=~]{{2,}}\s*$")
FORWARDED = _plain(
    rf"^\s*(?:{_DASHES}(?:{_FORWARDED})\b.*|begin forwarded message:|anfang der weitergeleiteten.*:"
    r"|début du message (?:réexpédié|transféré).*:|inicio del mensaje reenviado:|inizio messaggio inoltrato:"
    r"|begin doorgestuurd bericht:)\s*$"
)
RULED = re.compile(r"^\s*-{4,}[^-].{2,80}?-{3,}\s*$")
"""Words between dashes: a quote begins there when the head of a mail follows."""
RULE = re.compile(r"^\s*[_\-=*]{10,}\s*$")

_FROM = _any(
    "from | von | de | de la | da | van | od | от | від | fra | från | lähettäjä | kimden | gönderen | feladó | από",
    "发件人 | 寄件者 | 寄件人 | 差出人 | 送信者 | 보낸 ?사람 | من | از | expéditeur | remitente | mittente | nadawca",
    "odesílatel | מאת | expeditor | จาก | từ | dari | daripada | prejel | šalje | kellelt | no | nuo | प्रेषक | på uppdrag av",
)
_OTHERS = _any(
    "sent | date | to | cc | subject | gesendet | datum | an | betreff | envoyé | envoyée | à | a | objet",
    "enviado(?: el)? | enviada(?: em)? | fecha | para | asunto | data | assunto | inviato | oggetto | verzonden | aan",
    "onderwerp | skickat | till | ämne | sendt | dato | til | emne | lähetetty | päivämäärä | päiväys",
    "vastaanottaja | aihe | wysłano | do | temat | odesláno | komu | předmět | odoslané | predmet | elküldve | címzett",
    "tárgy | отправлено | дата | кому | тема | надіслано | изпратено | до | относно | kime | konu | tarih",
    "gönderme tarihi | gönderildi | στάλθηκε | ημερομηνία | προς | θέμα | 发送时间 | 發送時間 | 寄件日期 | 发送日期",
    "日期 | 收件人 | 收件者 | 抄送 | 副本 | 主题 | 主旨 | 送信日時 | 日時 | 宛先 | 件名 | 보낸 ?날짜 | 날짜",
    "받는 ?사람 | 참조 | 제목 | trimis | către | subiect | date d'envoi | reply-to | kopie | copie | cópia",
    "importance | تم الإرسال | تاريخ الإرسال | التاريخ | إلى | الموضوع | نسخة | ارسال | به | موضوع | נשלח",
    "תאריך | אל | נושא | ส่ง | วันที่ | ถึง | เรื่อง | đã gửi | tới | đến | chủ đề | ngày | dikirim | kepada",
    "perihal | poslano | poslato | za | zadeva | tema | assumpte | saadetud | kellele | teema | išsiųsta | kam | nosūtīts",
)
_LABEL_ENDS = r"\s?[*_]{0,2}\s*[:：|]"
_LABEL = r"^\s*\|?\s*[*_]{0,2}"
FROM_LINE = _plain(rf"{_LABEL}(?:{_FROM}){_LABEL_ENDS}\s*[*_]{{0,2}}\s*\S")
HEAD_LINE = _plain(rf"{_LABEL}(?:{_FROM}|{_OTHERS}){_LABEL_ENDS}")

SENT_FROM = _plain(
    r"^\s*\W{0,2}(?:(?:"
    + _any(
        r"(?:sent|send) (?:from|via|with|by) (?:my |the |a )?[\w .,&'’+:/()\[\]-]{2,90}",
        r"(?:get|download|sent with) (?:outlook|spark|bluemail|proton ?mail|airmail)\b.{0,80}",
        r"(?:von meinem|gesendet (?:von|mit|über|aus)|(?:diese )?nachricht wurde (?:von|mit|über)) .{2,80}",
        r"envoyée? (?:de|depuis|à partir de|avec) .{2,80}",
        r"(?:enviado (?:desde|do|da|de|a partir do|con|pelo)|enviat des del?) .{2,80}",
        r"inviato (?:da|dal|con) .{2,60} | (?:verzonden|verstuurd) (?:vanaf|vanuit|met|via) .{2,60}",
        r"(?:skickat från|skickades från|sendt fra|lähetetty|wysłan[eo] (?:z|przez)|odesláno z|odoslané z) .{2,60}",
        r"(?:отправлено (?:с|из)|надіслано з|изпратено от|poslano (?:s|iz)|poslato sa|išsiųsta iš|saadetud) .{2,60}",
        r"lähetetty \w.{2,60} | (?:trimis de pe|στάλθηκε από|dikirim dari|dihantar daripada|ส่งจาก) ?.{2,60}",
        r"(?:đã )?gửi từ .{2,60} | (?:az|a) .{2,50}(?:ról|ről) küldve | .{2,40}(?:den|dan|ten|tan) gönderildi",
        r"(?:أُ?رسلت? من|تم الإرسال من) .{2,60} | נשלח מ.{2,60} | .{2,40} से भेजा गया | (?:ارسال|فرستاده) شده از .{2,60}",
        r"(?:发自|發自|从我的|來自|来自).{1,40} | .{1,30}から送信 | .{1,30}에서 보냄",
        r"yahoo mail: search, organi[sz]e, conquer.{0,60}",
    )
    + r")|.{0,40}\boutlook\b.{0,20}\b(?:ios|android)\b.{0,90})\s*\.?\s*$"
)
"""What phones and programs put below; the last words of a mail alone are held against it."""

SIGNED = re.compile(r"^(?:-- ?|--\xa0|—\s?|__)$")
LIST_FOOT = _plain(
    r"^(?:_{30,}|-{40,})$|^You received this message because you are subscribed to\b"
)
LIST_WORDS = _plain(r"mailing list|unsubscribe|mailman|listinfo|subscribed|google groups")
