"""How the package is started by name: `python -m character_flow` is the console script `character-flow`."""

import sys

from character_flow.cli import main

if __name__ == "__main__":
    sys.exit(main())
