"""The shopper's doors: what the widget asks over HTTP."""
