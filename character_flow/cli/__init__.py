"""What one types: the commands of `main.py` and `character-flow`."""

from character_flow.cli.entry import app, main

__all__ = ["app", "main"]
