"""How a checkout is used: `python main.py` runs the main plan, `python main.py COMMAND` everything else.

Runs are kept beside this file unless --dir or CHARACTER_FLOW_DIR says otherwise.
"""

import sys
from pathlib import Path

from character_flow.cli import main

if __name__ == "__main__":
    sys.exit(main(home=Path(__file__).resolve().parent))
