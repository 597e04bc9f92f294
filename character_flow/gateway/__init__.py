"""HTTP over the files: reads streams, passes requests on, computes nothing of its own."""
