"""Looking: eyes, frustums, colours of points and photos, pictures, what to look at next."""
