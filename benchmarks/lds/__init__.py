"""Linear datamodeling score: do summed effects foretell what training on half of the rows does?"""
