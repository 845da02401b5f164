const en = {
  chat: "Chat with us", close: "Close", conversation: "Conversation", message: "Message", send: "Send", person: "Talk to a person",
  attach: "Add an image", remove: "Remove", sending: "Sending…", sent: "Sent", seen: "Seen", failed: "Not sent.", retry: "Try again",
  typing: "{name} is typing", earlier: "Loading earlier messages…", newer: "New messages", assistant: "{name} answers now",
  agent: "{name} is here for you", waiting: "A person will answer", promised: "A person will answer by {time}", offline: "No connection. What you send is kept and goes out when it is back.",
  catching: "Connecting again…", stopped: "The chat has stopped. Reload the page to go on.", large: "That image is too large. Choose one under 10 MB.",
  kind: "Only images can be sent here. Choose a JPEG, PNG, WebP or GIF.", sources: "Sources", image: "Image", unread: "{count} unread",
  unavailable: "The chat can't be reached right now.", you: "You", loading: "Opening the chat…", ended: "Resolved. Write to us again at any time.",
}
export type Words = typeof en
const de: Words = {
  chat: "Chatten Sie mit uns", close: "Schließen", conversation: "Unterhaltung", message: "Nachricht", send: "Senden", person: "Mit einem Menschen sprechen",
  attach: "Bild hinzufügen", remove: "Entfernen", sending: "Wird gesendet…", sent: "Gesendet", seen: "Gelesen", failed: "Nicht gesendet.", retry: "Noch einmal",
  typing: "{name} schreibt", earlier: "Frühere Nachrichten werden geladen…", newer: "Neue Nachrichten", assistant: "{name} antwortet",
  agent: "{name} ist für Sie da", waiting: "Ein Mensch antwortet Ihnen", promised: "Ein Mensch antwortet bis {time}", offline: "Keine Verbindung. Ihre Nachrichten bleiben erhalten und gehen danach hinaus.",
  catching: "Verbindung wird hergestellt…", stopped: "Der Chat wurde angehalten. Laden Sie die Seite neu.", large: "Das Bild ist zu groß. Wählen Sie eines unter 10 MB.",
  kind: "Hier gehen nur Bilder: JPEG, PNG, WebP oder GIF.", sources: "Quellen", image: "Bild", unread: "{count} ungelesen",
  unavailable: "Der Chat ist gerade nicht erreichbar.", you: "Sie", loading: "Chat wird geöffnet…", ended: "Erledigt. Schreiben Sie uns jederzeit wieder.",
}
const es: Words = {
  chat: "Chatea con nosotros", close: "Cerrar", conversation: "Conversación", message: "Mensaje", send: "Enviar", person: "Hablar con una persona",
  attach: "Añadir una imagen", remove: "Quitar", sending: "Enviando…", sent: "Enviado", seen: "Visto", failed: "No enviado.", retry: "Reintentar",
  typing: "{name} está escribiendo", earlier: "Cargando mensajes anteriores…", newer: "Mensajes nuevos", assistant: "{name} responde ahora",
  agent: "{name} te atiende", waiting: "Te responderá una persona", promised: "Te responderá una persona antes de {time}", offline: "Sin conexión. Lo que envíes se guarda y saldrá al volver.",
  catching: "Reconectando…", stopped: "El chat se ha detenido. Recarga la página.", large: "La imagen es demasiado grande. Elige una de menos de 10 MB.",
  kind: "Aquí solo se pueden enviar imágenes: JPEG, PNG, WebP o GIF.", sources: "Fuentes", image: "Imagen", unread: "{count} sin leer",
  unavailable: "El chat no está disponible ahora.", you: "Tú", loading: "Abriendo el chat…", ended: "Resuelto. Escríbenos cuando quieras.",
}
const fr: Words = {
  chat: "Discutez avec nous", close: "Fermer", conversation: "Conversation", message: "Message", send: "Envoyer", person: "Parler à une personne",
  attach: "Ajouter une image", remove: "Retirer", sending: "Envoi…", sent: "Envoyé", seen: "Vu", failed: "Non envoyé.", retry: "Réessayer",
  typing: "{name} écrit", earlier: "Chargement des messages précédents…", newer: "Nouveaux messages", assistant: "{name} répond",
  agent: "{name} vous répond", waiting: "Une personne va vous répondre", promised: "Une personne vous répondra avant {time}", offline: "Pas de connexion. Vos messages sont gardés et partiront au retour.",
  catching: "Reconnexion…", stopped: "Le chat s'est arrêté. Rechargez la page.", large: "Cette image est trop lourde. Choisissez-en une de moins de 10 Mo.",
  kind: "Seules les images peuvent être envoyées : JPEG, PNG, WebP ou GIF.", sources: "Sources", image: "Image", unread: "{count} non lus",
  unavailable: "Le chat est injoignable pour le moment.", you: "Vous", loading: "Ouverture du chat…", ended: "Résolu. Écrivez-nous à tout moment.",
}
const tables: Record<string, Words> = { en, de, es, fr }

/** The table for a locale such as `de-AT`; English when there is none. */
export const wordsFor = (locale: string): Words => tables[locale.slice(0, 2).toLowerCase()] ?? en

export const fill = (words: string, values: Record<string, string>): string => words.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "")
