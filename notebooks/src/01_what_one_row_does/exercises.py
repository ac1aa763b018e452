# %% [markdown]
# ## 10. Your turn
#
# Replace each `...` and run the cell. The checks retrain to find the true answer, and give hints if something is wrong.
#
# **Exercise 1.** Effects need not be about chances. What is the effect of leaving out the row of section 3 on the
# candidate's **loss**? Use `ax.attribute` with `ax.PointLoss("test", candidate)`, and pick out position `row`. Before
# you run it: which sign do you expect?

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
answer_1 = ax.attribute(fit, ax.PointLoss("test", candidate))[row]

# %%
exercises.effect_on_loss(answer_1, fit, row=row, candidate=candidate)

# %% [markdown]
# **Exercise 2.** Which single training row *helps* the candidate most, that is, whose removal lowers the chance most?
# Give its row number (as in `ids`), not its position.

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
answer_2 = ids[np.argmin(effects)]

# %%
exercises.strongest_helper(answer_2, fit, candidate=candidate)

# %% [markdown]
# **Exercise 3.** What is the smallest number of rows to remove so that the applicant is hired? Give a list of **positions**
# (as in `row`), as short as you can. The check removes them and retrains.

# %% tags=["exercise"]
answer_3 = ...

# %% tags=["solution"]
answer_3 = order[:4]

# %%
exercises.turn_the_decision(answer_3, fit, candidate=candidate)
