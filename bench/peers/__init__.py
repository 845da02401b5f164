"""What others build the same with: each acks a message once the same rows are committed."""
