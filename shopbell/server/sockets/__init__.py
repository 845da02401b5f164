"""The two websockets, and the long polling that stands in for them; docs/protocol.md tells how they speak."""
