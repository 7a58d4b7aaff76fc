"""``python -m o3d_paint`` is the command ``o3d-paint``."""

import sys

if __name__ == "__main__":
    # Python looks into the current folder first, where a received scene may lie beside a numpy.py.
    from o3d_paint.child_process import module_folders

    sys.path[:] = module_folders()
    from o3d_paint.cli import main

    main()
