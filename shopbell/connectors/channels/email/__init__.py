"""E-mail: a mailbox by IMAP and SMTP, or a provider that forwards each mail."""
