"""The parts that pages are made of: each shows one thing, or offers one group of controls."""
