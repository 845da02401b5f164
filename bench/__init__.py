"""Benchmarks, and the peers they run against; docs/benchmarks.md holds the figures."""
