"""What the processes of tests/browser/forked.py have loaded when they begin."""

import streamlit.web.bootstrap
import streamlit.web.cli  # noqa: F401

import character_flow.cli.entry
import character_flow.viewer.launch  # noqa: F401
import tests.browser.made  # noqa: F401
