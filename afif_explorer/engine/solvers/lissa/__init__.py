"""LiSSA: the recursion, the automatic scale and depth, and the noise of its batches."""
