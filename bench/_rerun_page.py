"""What the live viewer is measured against: a plain page that reads the whole file again each second, and draws it."""

import json
import os
import time
from pathlib import Path

import streamlit as st

page = Path(os.environ["CHARACTER_FLOW_DIR"], "plan_stream.json")
st.set_page_config(page_title="Plan stream", layout="wide")
try:
    shown = json.loads(page.read_text(encoding="utf-8"))
except (OSError, ValueError):
    shown = {"status": "waiting", "plan_name": "", "total_steps": 0, "progress": 0, "steps": []}
name, steps, state = st.columns(3)
name.metric("Plan", shown["plan_name"])
steps.metric("Steps", shown["total_steps"])
state.metric("Status", shown["status"])
st.progress(shown.get("progress", 0) / 100)
for step in shown["steps"]:
    with st.expander(f"{step['step_number']}. {step['task']} - {step['status']}", expanded=step["status"] == "running"):
        st.write(step.get("message") or "")
        st.code(step.get("output") or "")
time.sleep(1)
st.rerun()
