"""Where a run is kept: one folder, one writer, many readers."""
