"""The views: what is shown of the results, one module each."""
