"""What a person sees of the runs: the pages of the live viewer, made with Streamlit.

The viewer reads streams and sends requests; it computes nothing and writes no run.
"""
