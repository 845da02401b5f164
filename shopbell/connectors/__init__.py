"""Code that speaks other systems' protocols."""
