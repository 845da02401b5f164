"""Answers by programs that write only one language's way, or a way of their own, and traps."""

from collections.abc import Iterator

from tests.mails.programs import Case, mail

NEW = "The coat fits well.\n\nMay I swap the scarf?"
OLD = "Your parcel left us this morning.\nIt should be with you by Friday."
Q = "> Your parcel left us this morning.\n> It should be with you by Friday."
_HEAD = "From: Lena Shop <help@shop.example>\nTo: mia@mail.example\n"

AFTER = {
    "yahoo": "    On Tuesday, November 18, 2025 at 03:04:00 PM GMT+1, Lena Shop <help@shop.example>"
    f" wrote:  \n \n {OLD}",
    "yahoo mobile": "Sent from Yahoo Mail on Android \n \n  On Tue, Nov 18, 2025 at 3:04 PM, Lena Shop<"
    f"help@shop.example> wrote:   {OLD}",
    "aol": f"-----Original Message-----\n{_HEAD}Sent: Tue, Nov 18, 2025 3:04 pm\nSubject: Re: Wool coat\n\n{OLD}",
    "gmx": 'Gesendet: Dienstag, 18. November 2025 um 15:04 Uhr\nVon: "Lena Shop" <help@shop.example>\n'
    f"An: mia@mail.example\nBetreff: Re: Wool coat\n\n{OLD}",
    "gmx new": '\n\nGesendet: Dienstag, 18. November 2025 um 15:04\nVon: "Lena Shop" <help@shop.example>\n'
    f'An: "Mia" <mia@mail.example>\nBetreff: Re: Wool coat\n{Q}',
    "t-online": "-----Original-Nachricht-----\nBetreff: Re: Wool coat\nDatum: 2025-11-18T15:04:00+0100\n"
    f'Von: "Lena Shop" <help@shop.example>\nAn: "Mia" <mia@mail.example>\n\n{OLD}',
    "open-xchange": "Lena Shop <help@shop.example> hat am 18.11.2025 15:04 CET geschrieben:\n \n \n"
    + OLD,
    "open-xchange quoted": f"> Lena Shop <help@shop.example> hat am 18.11.2025 15:04 CET geschrieben:\n> \n{Q}",
    "open-xchange en": f"> On 11/18/2025 3:04 PM CET Lena Shop <help@shop.example> wrote:\n>\n{Q}",
    "orange fr": '> Message du 18/11/25 15:04\n> De : "Lena Shop" <help@shop.example>\n> A : mia@mail.example\n'
    f"> Copie à : \n> Objet : Re: Wool coat\n> \n{Q}",
    "orange fr new": "envoyé : 18 novembre 2025 à 15:04\nde : Lena Shop <help@shop.example>\nà : mia@mail.example\n"
    f"objet : Re: Wool coat\n\n{OLD}",
    "libero it": f"Il 18/11/2025 15:04 Lena Shop <help@shop.example> ha scritto:\n \n \n{OLD}",
    "zoho": "---- On Tue, 18 Nov 2025 15:04:00 +0100 Lena Shop <help@shop.example> wrote ---\n\n"
    + OLD,
    "zoho old": "---- On Tue, 18 Nov 2025 15:04:00 +0100 Lena Shop <help@shop.example> wrote ----\n\n"
    + Q,
    "mail.ru": ">Вторник, 18 ноября 2025, 15:04 +03:00 от Lena Shop <help@shop.example>:\n>\n" + Q,
    "yandex": '18.11.2025, 15:04, "Lena Shop" <help@shop.example>:\n' + Q,
    "yandex new": "----------------\nКому: Mia (mia@mail.example);\nТема: Wool coat;\n18.11.2025, 15:04, "
    f'"Lena Shop" <help@shop.example>:\n{OLD}',
    "qq": '------------------ 原始邮件 ------------------\n发件人: "Lena Shop" <help@shop.example>;\n'
    f'发送时间: 2025年11月18日(星期二) 下午3:04\n收件人: "Mia"<mia@mail.example>;\n主题: Re: Wool coat\n\n{OLD}',
    "qq nbsp": '------------------&nbsp;原始邮件&nbsp;------------------\n发件人: "Lena"\n发送时间: 2025年11月18日\n\n'
    + OLD,
    "netease": f'At 2025-11-18 15:04:00, "Lena Shop" <help@shop.example> wrote:\n{Q}',
    "netease zh": f'在 2025-11-18 15:04:00，"Lena Shop" <help@shop.example> 写道：\n{Q}',
    "netease head": "---- 回复的原邮件 ----\n| 发件人 | Lena Shop<help@shop.example> |\n| 发送日期 | 2025年11月18日 15:04 |\n"
    f"| 收件人 | mia@mail.example |\n| 主题 | Re: Wool coat |\n{OLD}",
    "foxmail": " \nFrom: Lena Shop\nDate: 2025-11-18 15:04\nTo: mia\nSubject: Re: Wool coat\n"
    + OLD,
    "naver": '-----Original Message-----\nFrom: "Lena"&lt;help@shop.example&gt;\nTo: "Mia"\nCc:\n'
    f"Sent: 2025-11-18 (화) 15:04:00 (GMT+09:00)\nSubject: Re: Wool coat\n\n{OLD}",
    "daum": "--------- 원본 메일 ---------\n보낸사람 : Lena Shop <help@shop.example>\n받는사람 : Mia\n"
    f"날짜: 2025년 11월 18일\n제목: Re: Wool coat\n\n{OLD}",
    "becky": f"On Tue, 18 Nov 2025 15:04:00 +0900\nLena Shop <help@shop.example> wrote:\n\n{Q}",
    "japanese outlook": "-----Original Message-----\nFrom: Lena Shop <help@shop.example>\nSent: Tuesday, November"
    f" 18, 2025 3:04 PM\nTo: Mia\nSubject: Re: Wool coat\n\n{OLD}",
    "fastmail": f"On Tue, 18 Nov 2025, at 3:04 PM, Lena Shop wrote:\n{Q}",
    "hey": f"On November 18, 2025, Lena Shop <help@shop.example> wrote:\n\n{Q}",
    "proton": "Sent with [Proton Mail](https://proton.me/) secure email.\n\nOn Tuesday, November 18th, 2025 at"
    f" 15:04, Lena Shop <help@shop.example> wrote:\n\n{Q}",
    "proton mobile": "Sent from Proton Mail for iOS.\n\n-------- Original Message --------\nOn Tuesday, 11/18/25 at"
    f" 15:04 Lena Shop <help@shop.example> wrote:\n{Q}",
    "spark": "Sent from Spark\nOn 18 Nov 2025 at 15:04 +0100, Lena Shop <help@shop.example>, wrote:\n"
    + Q,
    "k-9": "-- \nDiese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.\n",
    "k-9 quoted": "Am 18. November 2025 15:04:00 MEZ schrieb Lena Shop <help@shop.example>:\n>"
    + Q[2:],
    "roundcube": f"Am 18.11.2025 15:04, schrieb Lena Shop:\n{Q}",
    "roundcube en": f"On 2025-11-18 15:04, Lena Shop wrote:\n{Q}",
    "horde": f"Zitat von Lena Shop <help@shop.example>:\n\n{Q}",
    "horde en": f"Quoting Lena Shop <help@shop.example>:\n\n{Q}",
    "gnus": f"Lena Shop <help@shop.example> writes:\n\n{Q}",
    "mutt": f"On Tue, Nov 18, 2025 at 03:04:00PM +0100, Lena Shop wrote:\n{Q}",
    "kmail": f"Am Dienstag, 18. November 2025, 15:04:00 CET schrieb Lena Shop:\n{Q}",
    "evolution": f"On Tue, 2025-11-18 at 15:04 +0100, Lena Shop wrote:\n{Q}",
    "evolution de": f"Am Dienstag, dem 18.11.2025 um 15:04 +0100 schrieb Lena Shop:\n{Q}",
    "tuta": f"-- \nSicher versendet mit Tuta Mail.\n\n18. Nov. 2025, 15:04 von help@shop.example:\n\n{Q}",
    "notes": "From:\tLena Shop/Shop/DE\nTo:\tMia Berg\nDate:\t18.11.2025 15:04\nSubject:\tRe: Wool coat\n\n\n"
    + OLD,
    "notes dashes": "-----Lena Shop <help@shop.example> schrieb: -----\nAn: mia@mail.example\nVon: Lena Shop\n"
    f"Datum: 18.11.2025 15:04\nBetreff: Re: Wool coat\n\n{OLD}",
    "em client": '------ Original Message ------\nFrom "Lena Shop" <help@shop.example>\nTo mia@mail.example\n'
    f"Date 11/18/2025 3:04:00 PM\nSubject Re: Wool coat\n\n{OLD}",
    "em client de": '------ Originalnachricht ------\nVon "Lena Shop" <help@shop.example>\nAn mia@mail.example\n'
    f"Datum 18.11.2025 15:04:00\nBetreff Re: Wool coat\n\n{OLD}",
    "windows mail": "Sent from Mail for Windows\n\nFrom: Lena Shop\nSent: Tuesday, November 18, 2025 3:04 PM\n"
    f"To: Mia\nSubject: Re: Wool coat\n\n{OLD}",
    "windows mail de": "Gesendet von Mail für Windows\n\nVon: Lena Shop\nGesendet: Dienstag, 18. November 2025 15:04\n"
    f"An: Mia\nBetreff: Re: Wool coat\n\n{OLD}",
    "outlook ios de": "Outlook für iOS<https://aka.ms/o0ukef> herunterladen\n________________________________\nVon:"
    f" Lena Shop <help@shop.example>\nGesendet: Dienstag, 18. November 2025 15:04\nAn: Mia\nBetreff: Re: x\n\n{OLD}",
    "outlook android fr": "Télécharger Outlook pour Android<https://aka.ms/AAb9ysg>\n________________________________\n"
    f"De : Lena Shop <help@shop.example>\nEnvoyé : mardi 18 novembre 2025 15:04\nÀ : Mia\nObjet : Re: x\n\n{OLD}",
    "outlook ios es": "Obtener Outlook para iOS<https://aka.ms/o0ukef>\n________________________________\n"
    f"De: Lena Shop <help@shop.example>\nEnviado: martes, 18 de noviembre de 2025 15:04\nPara: Mia\nAsunto: x\n\n{OLD}",
    "outlook date first": "________________________________\nFrom: Lena Shop <help@shop.example>\nDate: Tuesday, 18"
    f" November 2025 at 15:04\nTo: Mia <mia@mail.example>\nCc: tom@mail.example\nSubject: Re: Wool coat\n{OLD}",
    "mac outlook": "From: Lena Shop <help@shop.example>\nDate: Tuesday, 18 November 2025 at 15:04\nTo: Mia\n"
    f"Subject: Re: Wool coat\n{OLD}",
    "apple ja": "> 2025/11/18 15:04、Lena Shop <help@shop.example>のメール:\n> \n" + Q,
    "gmail wrapped": "On Tue, Nov 18, 2025 at 3:04 PM Lena from the very long named Shop of Coats and\nScarves"
    f" <help@shop.example> wrote:\n\n{Q}",
    "gmail wrapped thrice": "On Tue, Nov 18, 2025 at 3:04 PM Lena from the very long named Shop of\nCoats and Scarves"
    f" <\nhelp@shop.example> wrote:\n\n{Q}",
    "old quoting twice": f"On Tue, 18 Nov 2025, 15:04 Lena Shop, <help@shop.example> wrote:\n\n{Q}\n>\n> On Mon, 17 Nov"
    " 2025, 15:04 Mia, <mia@mail.example> wrote:\n>\n>> Where is it?\n",
    "no blank before the quote": f"On Tue, 18 Nov 2025 at 15:04, Lena Shop <help@shop.example> wrote:\n{Q}\n\nSent from"
    " my Pixel",
    "only a rule": f"________________________________\nFrom: Lena Shop\nSent: 18 November 2025 15:04\nTo: Mia\nSubject: x\n\n{OLD}",
    "signature": "-- \nMia Berg\nHill Road 3\n+49 30 123456\n",
    "signature dash": "--\nMia Berg\nHill Road 3",
    "signature blackberry": "Sent from my BlackBerry 10 smartphone.",
    "signature galaxy de": "Gesendet von meinem Samsung Galaxy Smartphone.",
    "signature huawei": "Von meinem Huawei-Mobiltelefon gesendet",
    "signature android": "Enviado desde mi dispositivo Android",
    "signature gmail mobile": "Envoyé depuis mon Gmail Mobile",
    "signature outlook it": "Scarica Outlook per iOS<https://aka.ms/o0ukef>",
    "signature web.de": "Diese Nachricht wurde mit der WEB.DE Mail App gesendet",
    "signature gmx app": "Gesendet mit der GMX Mail App",
    "signature gmx dashes": "--\nDiese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
    "signature yahoo": "Yahoo Mail: Search, Organize, Conquer",
    "signature mail.ru": "--\nОтправлено из Mail для Android",
    "signature pt": "Enviado do meu telemóvel Samsung",
    "signature hi": "मेरे iPhone से भेजा गया",
    "signature th": "ส่งจาก iPhone ของฉัน",
    "signature vi": "Đã gửi từ iPhone của tôi",
}
"""What follows the new words, by program."""

WHOLE = {
    "a colon at the end": "These came:\n\n- the coat\n- the scarf\n\nI wrote on Monday at 18:00:\nnobody answered.",
    "a line that begins with From": "From: Berlin to: Hamburg it took three days.\nSubject: shipping, I suppose.",
    "a date and an address": "On 18 November 2025 I gave help@shop.example my number, and nobody wrote.",
    "dashes": "First part\n\n---\n\nSecond part",
    "a rule of equals": "Sizes\n=====\nM and L\n\nColours\n-------\nGreen",
    "am": "Am 18. November 2025 um 15 Uhr schrieb mir Ihr Bote, er sei da. Er war es nicht.",
    "le": "Le 18 novembre à 15:04 le livreur a écrit sur la porte : personne.\nC'est faux.",
    "sent by": "Which parcel was sent by DHL and which by UPS?\nI only have one.",
    "signed with a name": "Please send M.\n\nKind regards\nMia",
    "a table": "Item | Size\n--- | ---\nCoat | M",
    "japanese": "お世話になっております。\n\n差出人の住所を変えてください。",
    "a list of dates": "I could take it on\n18.11.2025, 15:04\n19.11.2025, 10:00\nThanks",
    "begins with a sign": "* one coat\n* one scarf",
    "arrow": "Settings -> Orders shows\n=> nothing at all.",
}
"""New from the first word to the last."""

BETWEEN = {
    "inline": (
        "> Does M fit?\n\nYes.\n\n> And the colour?\n\nGreen, please.",
        "Yes.\n\nGreen, please.",
    ),
    "introduced inline": (
        "On 18/11/2025 15:04, Lena Shop wrote:\n> Does M fit?\n\nYes.\n\n> And the colour?\nGreen.",
        "Yes.\n\nGreen.",
    ),
    "below": (
        f"On Tue, Nov 18, 2025 at 3:04 PM Lena Shop <help@shop.example> wrote:\n{Q}\n\n{NEW}\n",
        NEW,
    ),
    "below with signature": (
        f"Am 18.11.25 um 15:04 schrieb Lena Shop:\n{Q}\n\n{NEW}\n\n-- \nMia",
        NEW,
    ),
    "nothing new": (f"On 18/11/2025 15:04, Lena Shop wrote:\n{Q}", None),
    "forward": (
        (
            "---------- Forwarded message ---------\nFrom: Lena Shop <help@shop.example>\nDate: Tue, Nov 18, 2025\n"
            f"Subject: Wool coat\nTo: <mia@mail.example>\n\n{OLD}"
        ),
        None,
    ),
    "apple forward": (
        (
            "Begin forwarded message:\n\nFrom: Lena Shop <help@shop.example>\nSubject: Wool coat\nDate: 18 November 2025"
            f" at 15:04\nTo: Mia\n\n{OLD}"
        ),
        None,
    ),
}
"""Answers between, below, or in nothing but what is quoted; None: the whole is what was written."""


def others() -> Iterator[Case]:
    """Every one of them."""
    for name, rest in AFTER.items():
        yield Case(name=name, mail=mail(f"{NEW}\n\n{rest}\n"), new=NEW)
    for name, text in WHOLE.items():
        yield Case(name=name, mail=mail(f"{text}\n"), new=text)
    for name, (text, new) in BETWEEN.items():
        yield Case(name=name, mail=mail(f"{text}\n"), new=text if new is None else new)
