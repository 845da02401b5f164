"""The assistant: retrieves, decides, answers from what it found, and gives way to people."""
