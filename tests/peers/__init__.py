"""Loopback peers: other companies' services, spoken over their real protocols."""
