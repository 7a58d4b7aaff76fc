"""The open work: what is painted, its undo history, and its safety on disk."""
