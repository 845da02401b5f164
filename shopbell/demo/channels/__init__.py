"""A shopper on every channel, played on a page of its own: no account anywhere is needed."""
