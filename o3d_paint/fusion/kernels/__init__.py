"""Compiled loops, one module for each that calls them; imported late: numba takes its time."""
