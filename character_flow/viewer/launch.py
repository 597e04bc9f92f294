"""How the viewer's server begins: where it looks, who may ask it, and what keeps it from beginning at all."""

import sys
from pathlib import Path

import streamlit as st

from character_flow.errors import CharacterFlowError
from character_flow.gateway.app import Gateway, gateway
from character_flow.gateway.guard import check_listening
from character_flow.viewer.component import BOARD
from character_flow.viewer.place import settings, watch


def begin(home: Path) -> Gateway:
    """The gateway of this viewer, looking in CHARACTER_FLOW_DIR or in `home`.

    Ends the process with one line and exit code 2 where settings are wrong, or where others could reach it unasked.
    """
    try:
        secret = settings().viewer_token
        token = secret.get_secret_value() if secret is not None else None
        check_listening(st.get_option("server.address"), token)
        return gateway(watch(home), static=BOARD, token=token)
    except CharacterFlowError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
