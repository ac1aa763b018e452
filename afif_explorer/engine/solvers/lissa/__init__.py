"""LiSSA: the recursion, its rule for scale and depth, and the noise of its batches."""
