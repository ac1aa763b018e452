"""Fisher, Hessian and empirical Fisher as operators, and their spectra."""
