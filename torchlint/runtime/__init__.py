"""The runtime: what torch really does with the state of a live module."""
