"""A channel of the shop's own, by signed HTTP."""
