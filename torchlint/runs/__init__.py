"""Whole runs: all files checked, fixed, or held against the live modules."""
