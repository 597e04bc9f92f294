"""What the processes of tests/forked.py have loaded when they begin."""

import streamlit.web.bootstrap
import streamlit.web.cli  # noqa: F401

import character_flow.app
import character_flow.cli.entry
import character_flow.viewer.launch  # noqa: F401
import tests.journal_laws  # noqa: F401
