"""Numerical core: NumPy, SciPy and OpenCV only; no files, no threads, no windows."""
