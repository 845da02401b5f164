"""Small real servers that speak a platform's protocol on the loopback, and refuse what it refuses."""
