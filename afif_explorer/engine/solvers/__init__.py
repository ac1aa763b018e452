"""Linear solvers for curvatures: direct, dual, iterative, Kronecker-factored, and automatic choice."""
