"""Masks that other tools wrote, one module a format; `registry.read_masks` chooses by content."""
