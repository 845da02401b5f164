"""TikTok direct messages, by the Business Messaging API."""
