"""What a shopper is told about one-time codes, in their language; the only words a code goes with."""

from msgspec import Struct


class Words(Struct, frozen=True):
    """One language. `code` goes to the address, with {code} and {brand}; the others are told where
    it was asked for, with {address}. `sent` says the same whether or not anybody knows the address."""

    code: str
    sent: str
    often: str
    nowhere: str
    right: str
    apart: str
    wrong: str
    over: str


WORDS: dict[str, Words] = {
    "en": Words(
        "{code} is your code for {brand}. It is good for 10 minutes. Write it only in the conversation where you asked for it. If you did not ask for it, do nothing.",
        "If {address} is yours, a code is on its way there. Write it here within 10 minutes.",
        "That was asked too often. Try again later, or ask for a person.",
        "We cannot send a code to {address}. Ask for a person, who can look for your messages.",
        "Thank you, that is right. We know now that {address} is yours.",
        "Thank you, that is right. {address} belongs to another sign-in with us, so a person will look at it.",
        "That is not the code. Please look at it again.",
        "That code is good no more. Say once more that you wrote from there, and we send a new one.",
    ),
    "de": Words(
        "{code} ist Ihr Code für {brand}. Er gilt 10 Minuten. Schreiben Sie ihn nur in das Gespräch, in dem Sie ihn verlangt haben. Haben Sie keinen verlangt, tun Sie nichts.",
        "Wenn {address} Ihnen gehört, ist ein Code dorthin unterwegs. Schreiben Sie ihn innerhalb von 10 Minuten hierher.",
        "Das wurde zu oft verlangt. Versuchen Sie es später noch einmal, oder verlangen Sie einen Menschen.",
        "An {address} können wir keinen Code senden. Verlangen Sie einen Menschen, der nach Ihren Nachrichten sieht.",
        "Danke, das stimmt. Wir wissen jetzt, dass {address} Ihnen gehört.",
        "Danke, das stimmt. {address} gehört zu einer anderen Anmeldung bei uns, deshalb sieht ein Mensch danach.",
        "Das ist nicht der Code. Bitte sehen Sie noch einmal nach.",
        "Dieser Code gilt nicht mehr. Sagen Sie noch einmal, dass Sie von dort geschrieben haben, dann senden wir einen neuen.",
    ),
    "es": Words(
        "{code} es tu código para {brand}. Vale 10 minutos. Escríbelo solo en la conversación donde lo pediste. Si no lo pediste, no hagas nada.",
        "Si {address} es tuyo, hay un código en camino. Escríbelo aquí en los próximos 10 minutos.",
        "Se ha pedido demasiadas veces. Inténtalo más tarde o pide hablar con una persona.",
        "No podemos enviar un código a {address}. Pide hablar con una persona, que buscará tus mensajes.",
        "Gracias, es correcto. Ahora sabemos que {address} es tuyo.",
        "Gracias, es correcto. {address} pertenece a otra cuenta, así que lo mirará una persona.",
        "Ese no es el código. Míralo otra vez, por favor.",
        "Ese código ya no vale. Di otra vez que escribiste desde allí y enviaremos uno nuevo.",
    ),
    "fr": Words(
        "{code} est votre code pour {brand}. Il est valable 10 minutes. Écrivez-le seulement dans la conversation où vous l'avez demandé. Si vous n'avez rien demandé, ne faites rien.",
        "Si {address} est à vous, un code y est en route. Écrivez-le ici dans les 10 minutes.",
        "Cela a été demandé trop souvent. Réessayez plus tard ou demandez une personne.",
        "Nous ne pouvons pas envoyer de code à {address}. Demandez une personne, qui cherchera vos messages.",
        "Merci, c'est exact. Nous savons maintenant que {address} est à vous.",
        "Merci, c'est exact. {address} appartient à un autre compte, une personne va donc s'en occuper.",
        "Ce n'est pas le code. Merci de regarder encore une fois.",
        "Ce code n'est plus valable. Dites encore une fois que vous avez écrit de là, et nous en envoyons un nouveau.",
    ),
    "it": Words(
        "{code} è il suo codice per {brand}. Vale 10 minuti. Lo scriva solo nella conversazione in cui l'ha chiesto. Se non l'ha chiesto, non faccia nulla.",
        "Se {address} è suo, un codice è in arrivo lì. Lo scriva qui entro 10 minuti.",
        "È stato chiesto troppe volte. Riprovi più tardi o chieda di una persona.",
        "Non possiamo inviare un codice a {address}. Chieda di una persona, che cercherà i suoi messaggi.",
        "Grazie, è giusto. Ora sappiamo che {address} è suo.",
        "Grazie, è giusto. {address} appartiene a un altro accesso, perciò lo guarderà una persona.",
        "Non è il codice. Lo guardi ancora una volta, per favore.",
        "Quel codice non vale più. Dica di nuovo che ha scritto da lì e ne invieremo uno nuovo.",
    ),
    "pt": Words(
        "{code} é o seu código para {brand}. É válido por 10 minutos. Escreva-o apenas na conversa em que o pediu. Se não o pediu, não faça nada.",
        "Se {address} for seu, um código está a caminho. Escreva-o aqui dentro de 10 minutos.",
        "Foi pedido demasiadas vezes. Tente mais tarde ou peça uma pessoa.",
        "Não podemos enviar um código para {address}. Peça uma pessoa, que procurará as suas mensagens.",
        "Obrigado, está certo. Sabemos agora que {address} é seu.",
        "Obrigado, está certo. {address} pertence a outra conta, por isso uma pessoa vai ver.",
        "Esse não é o código. Veja outra vez, por favor.",
        "Esse código já não é válido. Diga outra vez que escreveu de lá e enviaremos um novo.",
    ),
    "nl": Words(
        "{code} is uw code voor {brand}. Hij is 10 minuten geldig. Schrijf hem alleen in het gesprek waarin u erom vroeg. Vroeg u er niet om, doe dan niets.",
        "Als {address} van u is, is er een code onderweg. Schrijf hem binnen 10 minuten hier.",
        "Dat is te vaak gevraagd. Probeer het later nog eens, of vraag om een mens.",
        "Naar {address} kunnen we geen code sturen. Vraag om een mens, die naar uw berichten kijkt.",
        "Dank u, dat klopt. We weten nu dat {address} van u is.",
        "Dank u, dat klopt. {address} hoort bij een andere aanmelding, daarom kijkt een mens ernaar.",
        "Dat is niet de code. Kijk alstublieft nog een keer.",
        "Die code is niet meer geldig. Zeg nog eens dat u van daar schreef, dan sturen we een nieuwe.",
    ),
    "ja": Words(
        "{brand}の確認コードは{code}です。10分間有効です。コードをご依頼になった会話にだけお書きください。お心当たりがない場合は、何もなさらないでください。",
        "{address}がお客様のものでしたら、コードをお送りします。10分以内にここにお書きください。",
        "ご依頼の回数が多すぎます。後ほどお試しいただくか、担当者をお呼びください。",
        "{address}にはコードをお送りできません。担当者をお呼びください。メッセージをお探しします。",
        "ありがとうございます。確認できました。{address}がお客様のものとわかりました。",
        "ありがとうございます。確認できました。{address}は別のアカウントに属しているため、担当者が確認いたします。",
        "コードが違います。もう一度ご確認ください。",
        "このコードはもう使えません。もう一度、そこから書いたとお知らせいただければ、新しいコードをお送りします。",
    ),
    "pl": Words(
        "{code} to Twój kod dla {brand}. Jest ważny 10 minut. Wpisz go tylko w rozmowie, w której o niego prosisz. Jeśli o niego nie prosisz, nic nie rób.",
        "Jeśli {address} należy do Ciebie, kod jest już w drodze. Wpisz go tutaj w ciągu 10 minut.",
        "Proszono o to zbyt często. Spróbuj później albo poproś o człowieka.",
        "Nie możemy wysłać kodu na {address}. Poproś o człowieka, który poszuka Twoich wiadomości.",
        "Dziękujemy, zgadza się. Wiemy już, że {address} należy do Ciebie.",
        "Dziękujemy, zgadza się. {address} należy do innego konta, więc zajmie się tym człowiek.",
        "To nie ten kod. Sprawdź jeszcze raz.",
        "Ten kod nie jest już ważny. Napisz jeszcze raz, że pisano stamtąd, a wyślemy nowy.",
    ),
    "sv": Words(
        "{code} är din kod för {brand}. Den gäller i 10 minuter. Skriv den bara i samtalet där du bad om den. Har du inte bett om den behöver du inte göra något.",
        "Om {address} är din är en kod på väg dit. Skriv den här inom 10 minuter.",
        "Det har begärts för ofta. Försök igen senare eller be om en människa.",
        "Vi kan inte skicka en kod till {address}. Be om en människa, som letar efter dina meddelanden.",
        "Tack, det stämmer. Vi vet nu att {address} är din.",
        "Tack, det stämmer. {address} hör till en annan inloggning, så en människa tittar på det.",
        "Det är inte koden. Titta en gång till.",
        "Koden gäller inte längre. Säg en gång till att du skrev därifrån, så skickar vi en ny.",
    ),
    "da": Words(
        "{code} er din kode til {brand}. Den gælder i 10 minutter. Skriv den kun i den samtale, hvor du bad om den. Har du ikke bedt om den, skal du ikke gøre noget.",
        "Hvis {address} er din, er en kode på vej dertil. Skriv den her inden for 10 minutter.",
        "Det er der bedt om for ofte. Prøv igen senere, eller bed om et menneske.",
        "Vi kan ikke sende en kode til {address}. Bed om et menneske, som leder efter dine beskeder.",
        "Tak, det er rigtigt. Vi ved nu, at {address} er din.",
        "Tak, det er rigtigt. {address} hører til et andet login, så et menneske ser på det.",
        "Det er ikke koden. Se på den en gang til.",
        "Koden gælder ikke mere. Sig en gang til, at du skrev derfra, så sender vi en ny.",
    ),
}


def words_of(language: str) -> Words:
    """The words of a language (`de`, `de-AT`); English where it has none."""
    return WORDS.get(language.split("-")[0].lower(), WORDS["en"])
