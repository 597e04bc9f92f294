"""How a run is begun from the browser: the page "New run", executed by Streamlit for every change of a field."""

from character_flow.viewer.new_run import show

if __name__ == "__main__":  # Streamlit executes a page as a program; who imports it draws nothing
    show()
