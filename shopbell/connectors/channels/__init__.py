"""Where shoppers write from."""
