"""Text messages (SMS and MMS), by Twilio."""
