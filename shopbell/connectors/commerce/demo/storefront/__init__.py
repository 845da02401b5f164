"""The demo storefront under /demo."""
