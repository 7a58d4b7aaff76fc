"""Panels that draw themselves into RGB arrays; no window is needed to test them."""
