"""``python -m o3d_paint`` is the command ``o3d-paint``."""

from o3d_paint.cli import main

if __name__ == "__main__":
    main()
