"""Solvers of systems with a curvature: direct, through the rows, iterative, Kronecker-factored."""
