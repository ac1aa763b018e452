"""Fisher and Hessian: their effects, spectra, and refits of a checked subset."""
