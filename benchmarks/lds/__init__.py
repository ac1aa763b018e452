"""Linear datamodeling score: do summed effects predict the losses after training on half of the rows?"""
