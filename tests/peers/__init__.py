"""Loopback peers: other companies' services, spoken over their real protocols; and what their own clients
make of the peers that Shopbell ships (`test_…_client.py`)."""
