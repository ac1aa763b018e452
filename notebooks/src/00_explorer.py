# %% [markdown]
# # The explorer in JupyterLab
#
# *What did each training row do to this model?* The explorer answers with sliders, tabs and a lasso. Everything you
# click can be read back in Python, and everything you set in Python shows in the explorer.
#
# *Time:* 10 minutes. *Nothing is downloaded.*

# %%
import afif_explorer as ax

explorer = ax.Explorer(dataset="hiring")
explorer

# %% [markdown]
# **Try it.**
#
# 1. *Influential points*: which rows matter most for the loss on the test rows? Draw a lasso around some marks of the
#    map; the same rows are ringed everywhere.
# 2. Under *Effect on*, choose the **demographic parity gap**. The ranking now shows which rows widen the gap between the
#    groups, and which narrow it.
# 3. Under *Method*, choose the solver **LiSSA** and move its depth. With few steps the answer is wrong; the tab *LiSSA
#    lab* shows how wrong, and for which scale it would never settle.
# 4. *Unlearning and fairness*: see what changes if the strongest rows go. *Retrain without them* shows the truth.
#
# ## From the explorer to Python
#
# Work goes on in the background, so wait for it before reading results in a cell.

# %%
explorer.await_idle(timeout=60)
print(explorer.sentence())
explorer.points.target_value  # the mean loss on the test rows, in nats

# %% [markdown]
# The rows that you have lassoed (none yet, unless you tried) are `explorer.selected`, by their number in the table.

# %%
explorer.frame.loc[list(explorer.selected)]

# %% [markdown]
# ## From Python to the explorer
#
# Now select the three rows whose removal would lower the loss most, and look at the map above: three rings.

# %%
strongest = explorer.points.effect.argsort()[:3]
explorer.select(explorer.points.ids[strongest])
explorer.frame.loc[list(explorer.selected)]

# %% [markdown]
# Every choice is an attribute. The controls move along.

# %%
explorer.solver = "lissa"
explorer.depth = 50
explorer.await_idle(timeout=60)
print(f"After 50 steps LiSSA is off by {explorer.points.solver.error:.0%}.")

# %% [markdown]
# ## Take the work with you
#
# Code that works the same numbers out, without any interface:

# %%
print(explorer.as_python())

# %% [markdown]
# The explorer is dark where JupyterLab is; `ax.notebook.show(explorer, dark=True)` makes it so anywhere. For your own
# table, write `ax.Explorer(data=ax.Dataset.from_frame(frame, target="..."))`. The data sets by name are
# `ax.datasets.names()`; `"adult"`, `"crime"` and `"insurance"` are downloaded once.
#
# Next: `01_what_one_row_does.ipynb` shows where these numbers come from.
