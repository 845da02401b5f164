/** What to click at each platform: `get` before its account is entered here, `tell` once its hook address is known. */
interface Guide {
  /** What is told, where it is not the platform of that name. */
  who?: string
  get: readonly string[]
  tell?: readonly string[]
}

const signIn = "Open developers.facebook.com/apps and your app, or create one of the type Business."

const subscribe = (where: string, fields: string): string[] => [
  `At ${where} enter the address as callback URL, and the verify token that Shopbell shows. Press Verify and save.`,
  `Subscribe to ${fields}.`,
  "Until Meta has reviewed the app, only people with a role in it can write: ask for it under App review.",
]

const guides: Record<string, Guide> = {
  http: {
    who: "your system",
    get: ["Your own system takes signed posts at a web address.", "Enter that address. Leave the secret empty, and Shopbell makes one for both sides."],
    tell: ["Have your system post what customers write to this address, signed with the same secret (Standard Webhooks).", "Set the secret in your system, then press Check now."],
  },
  whatsapp: {
    get: [
      signIn,
      "Add WhatsApp. Under WhatsApp, API setup, add your number, and copy the phone number ID and the WhatsApp Business account ID.",
      "Under App settings, Basic, copy the app secret.",
      "In Business settings, Users, System users, add one, give it the app and the account, and generate a token that never expires, with whatsapp_business_messaging and whatsapp_business_management.",
    ],
    tell: subscribe("WhatsApp, Configuration", "messages, and to user_preferences, account_update and message_template_status_update; with the WhatsApp Business app beside it also to smb_message_echoes"),
  },
  instagram: {
    get: [
      "In the Instagram app make the account a professional one, and allow access to messages under Settings, Messages, Connected tools.",
      signIn,
      "Add Instagram. Under API setup with Instagram login add the account, and generate a token; the account ID and the Instagram app secret stand there too. Leave the Page ID empty.",
    ],
    tell: subscribe("Instagram, API setup, Configure webhooks,", "messages, messaging_postbacks, messaging_seen, message_reactions and messaging_referral"),
  },
  messenger: {
    get: [
      signIn,
      "Add Messenger. Under Messenger API settings connect the Page and generate a token; the Page ID stands beside the Page.",
      "Under App settings, Basic, copy the app secret.",
    ],
    tell: subscribe("Messenger API settings, Configure webhooks,", "messages, messaging_postbacks, message_deliveries, message_reads, message_echoes, message_edits, message_reactions and messaging_referrals, for the Page"),
  },
  telegram: { get: ["In Telegram, write to @BotFather.", "Send /newbot for a new one, or /mybots and API token for one you have.", "Copy the token it answers with."], tell: ["Nothing more to do: Shopbell fetches messages itself.", "To have Telegram call instead, set its webhook to this address, with the secret you entered."] },
  slack: {
    get: ["Open api.slack.com/apps and your app, or make one for your workspace.", "Under OAuth & Permissions add the bot token scopes of the guide, press Install to workspace, and copy the Bot User OAuth Token.", "Under Basic Information, App-Level Tokens, generate one with connections:write, and turn on Socket Mode: then nothing has to reach you. Or copy the signing secret there."],
    tell: ["With an app-level token there is nothing more to do here. Else open Event Subscriptions and turn on Enable Events.", "Enter the address as Request URL, and wait for Verified; enter it under Interactivity & Shortcuts too.", "Invite the app to the channels it is to hear."],
  },
  discord: { get: ["Open discord.com/developers/applications and your application, or make one.", "Under Bot, turn on Message Content Intent, press Reset Token and copy the token: it is shown once.", "Under OAuth2, URL Generator, choose bot and applications.commands, then View Channels, Send Messages, Send Messages in Threads, Attach Files and Read Message History; open the address it makes to add the bot to your server."] },
  sms: {
    get: ["Open console.twilio.com.", "Copy the account SID and the auth token from its first page."],
    tell: ["Open Phone numbers, Manage, Active numbers, and your number.", "Under Messaging configuration, A message comes in: choose Webhook, enter the address and HTTP POST. Save.", "With a messaging service: Integration, Send a webhook."],
  },
  line: {
    get: ["At manager.line.biz, Settings, Messaging API, enable the Messaging API of your official account.", "Open developers.line.biz/console and the channel that this made.", "Copy the channel secret under Basic settings; under Messaging API issue a long-lived channel access token."],
    tell: ["Under Messaging API enter the address as Webhook URL, and press Verify.", "Turn on Use webhook and Webhook redelivery; in the account manager, Response settings, turn auto-reply messages off."],
  },
  tiktok: { get: ["At business-api.tiktok.com/portal make an app with the Business Messaging permissions, and wait until TikTok has approved it.", "Have the account's owner open the app's authorisation address and agree; your developer exchanges the code for the tokens and the business ID (open_id).", "Copy what is asked for below."], tell: ["Have your developer set this address as the app's callback for DIRECT_MESSAGE (webhook/update)."] },
  email: { get: ["Have the address, and the servers and password of its mailbox ready.", "With Google or Microsoft you may need a password for apps: its help page says where."], tell: ["With a mailbox there is nothing more to do: Shopbell reads it.", "Where a mail provider hands mail on, enter this address there."] },
}

export const guideOf = (channel: string): Guide => guides[channel] ?? { get: ["Open the platform's own settings for developers.", "Copy what is asked for below."], tell: ["Enter the address in the platform's settings, as the place it calls."] }
