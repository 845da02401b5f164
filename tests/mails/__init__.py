"""Mails as people's programs write them, made of sentences of our own."""
