"""The demo shop: Wetherfold, an invented knitwear brand, kept in our own database."""
