"""Where Streamlit begins.

A folder of its own: beside the script it is told to run, Streamlit takes a folder named `pages` for its older kind of
app, and runs a page named in the first address after a start without the script.
"""
