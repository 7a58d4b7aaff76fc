"""What a click or a rough outline on a photo selects, by photo and geometry together."""
