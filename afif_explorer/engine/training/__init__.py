"""Training: fitting, refitting without rows, proximal steps, convergence."""
