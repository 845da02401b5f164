"""Shopbell shown and played with: platforms on the loopback, and pages to be a shopper on each."""
