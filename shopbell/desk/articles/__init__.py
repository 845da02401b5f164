"""Sources, their articles, and the pieces of them that the assistant may quote."""
