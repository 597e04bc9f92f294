"""The screens of the viewer: Streamlit executes a file of this folder when its page is shown."""

from pathlib import Path

PAGES = Path(__file__).parent
