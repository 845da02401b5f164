"""The assistant's own words, and the words it listens for: data, by language."""
