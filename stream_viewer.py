"""How runs are watched: `streamlit run stream_viewer.py` serves the viewer's pages and the gateway on one port.

Runs are looked for beside this file unless CHARACTER_FLOW_DIR says otherwise, as `python main.py` keeps them.
"""

from pathlib import Path

import streamlit as st

from character_flow.viewer.launch import begin

_gateway = begin(Path(__file__).resolve().parent)

# Streamlit finds this line by reading the file: the name and the call must stand here as they are.
app = st.App(
    "character_flow/viewer/shell/app.py",
    lifespan=_gateway.lifespan,
    routes=_gateway.routes,
    middleware=_gateway.middleware,
)
