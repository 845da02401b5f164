"""What WhatsApp, Messenger and Instagram share: one Graph API, one signature, one table of errors."""
