/** What to click at each platform: `get` before its account is entered here, `tell` once its hook address is known. */
interface Guide {
  /** What is told, where it is not the platform of that name. */
  who?: string
  get: readonly string[]
  tell?: readonly string[]
}

const meta = (product: string): Guide => ({
  get: ["Open developers.facebook.com, My apps, and your app.", `Add the product ${product} and choose the account.`, "Copy what is asked for below."],
  tell: [`In the app open ${product}, Webhooks.`, "Enter the address and the verify token, then Verify and save.", "Subscribe to messages, and to every other field it offers for messages."],
})

const guides: Record<string, Guide> = {
  http: {
    who: "your system",
    get: ["Your own system takes signed posts at a web address.", "Enter that address. Leave the secret empty, and Shopbell makes one for both sides."],
    tell: ["Have your system post what customers write to this address, signed with the same secret (Standard Webhooks).", "Set the secret in your system, then press Check now."],
  },
  whatsapp: meta("WhatsApp"),
  instagram: meta("Instagram"),
  messenger: meta("Messenger"),
  telegram: { get: ["In Telegram, write to @BotFather.", "Send /newbot for a new one, or /mybots and API token for one you have.", "Copy the token it answers with."], tell: ["Nothing more to do: Shopbell fetches messages itself.", "To have Telegram call instead, set its webhook to this address, with the secret you entered."] },
  slack: {
    get: ["Open api.slack.com/apps and your app, or make one for your workspace.", "Under OAuth & Permissions, install it and copy the bot token.", "Under Basic information, copy the signing secret; or under Socket mode make an app token, and nothing has to reach you."],
    tell: ["With an app token there is nothing more to do here. Else open Event subscriptions and turn them on.", "Enter the address as request URL, and wait for Verified.", "Invite the app to the channels it is to hear."],
  },
  discord: { get: ["Open discord.com/developers/applications and your application, or make one.", "Under Bot, reset and copy the token, and allow the message content intent.", "Under OAuth2, make an invitation with the scope bot, and open it to add the bot to your server."] },
  sms: {
    get: ["Open console.twilio.com.", "Copy the account SID and the auth token from its first page."],
    tell: ["Open Phone numbers, Manage, Active numbers, and your number.", "Under Messaging, A message comes in: Webhook, enter the address, method POST. Save."],
  },
  line: {
    get: ["Open developers.line.biz and your Messaging API channel.", "Copy the channel secret, and issue a long-lived access token."],
    tell: ["Under Messaging API enter the address as webhook URL, and press Verify.", "Turn on Use webhook; in the account manager turn auto-reply off."],
  },
  tiktok: { get: ["Open the TikTok developer portal and your app.", "Copy what is asked for below."], tell: ["In the app, under Webhooks, enter the address."] },
  email: { get: ["Have the address, and the servers and password of its mailbox ready.", "With Google or Microsoft you may need a password for apps: its help page says where."], tell: ["With a mailbox there is nothing more to do: Shopbell reads it.", "Where a mail provider hands mail on, enter this address there."] },
}

export const guideOf = (channel: string): Guide => guides[channel] ?? { get: ["Open the platform's own settings for developers.", "Copy what is asked for below."], tell: ["Enter the address in the platform's settings, as the place it calls."] }
