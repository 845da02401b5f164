"""The shop's own chat, embedded in its pages."""
