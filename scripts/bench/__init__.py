"""One module a bench; ``main(arguments) -> exit code``. See ``scripts/bench.py``."""
