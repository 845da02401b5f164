"""The embedded Postgres and Valkey: real servers from wheels, run as children of a command."""
