"""Labels for every point from what was painted: the random walk, ball votes, the article."""
