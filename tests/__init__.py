"""What the product promises, as tests; see docs/promises.md for the list."""
