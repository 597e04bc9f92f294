"""The work itself: tools by id, and what a tool may report and ask while it runs."""
