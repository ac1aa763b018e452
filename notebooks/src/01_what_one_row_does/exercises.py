# %% [markdown]
# ## 10. Your turn
#
# Replace each `...` and run the cell. The checks retrain to find the true answer, and give a hint if something is wrong.
# For more help there are three levels: `exercises.hint("01.1", 1)` asks a question, `2` names the idea, `3` the steps.
#
# **Exercise 1.** Effects need not be about chances. What is the effect of leaving out the row of section 3 on the
# candidate's **loss**? Use `ax.attribute` with `ax.PointLoss("test", candidate)`, and pick out position `row`. Before
# you run it: which sign do you expect?

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
answer_1 = ax.attribute(fit, ax.PointLoss("test", candidate))[row]

# %%
exercises.check("01.1", answer_1)

# %% [markdown]
# **Exercise 2.** Which single training row *helps* the candidate most, that is, whose removal lowers the chance most?
# Give its row number (as in `ids`), not its position.

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
answer_2 = ids[np.argmin(effects)]

# %%
exercises.check("01.2", answer_2)

# %% [markdown]
# **Exercise 3.** What is the smallest number of rows to remove so that the applicant is hired? Give a list of **row numbers**
# (as in `ids`), as short as you can. The check removes them and retrains.

# %% tags=["exercise"]
answer_3 = ...

# %% tags=["solution"]
answer_3 = ids[order[:4]]

# %%
exercises.check("01.3", answer_3)
