"""Point clouds of scanners and photogrammetry, one module a format; see `registry.read_cloud`."""
