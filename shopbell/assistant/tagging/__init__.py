"""Which tags a ticket has: told from examples, learned from people."""
