"""The window: the only room that knows Open3D's graphical interface."""
