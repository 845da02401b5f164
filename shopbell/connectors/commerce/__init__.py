"""Code that speaks to shop systems; `types.Shop` is what each of them implements."""
