# %% [markdown]
# # The explorer in JupyterLab
#
# *What did each training row do to this model?* The explorer answers this with sliders, tabs and a lasso. Everything you
# click can be read in Python, and everything you set in Python is shown in the explorer.
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
# 2. Under *Target*, choose the **demographic parity gap**. The ranking now shows which rows widen the gap between the
#    groups, and which narrow it.
# 3. Under *Method*, choose the solver **LiSSA** and change its depth. With few steps the result is wrong; the tab *LiSSA
#    lab* shows the error, and for which scales it diverges.
# 4. *Unlearning and fairness*: see what changes if the most influential rows are removed. Retraining shows the true change.
#
# ## From the explorer to Python
#
# Computations run in the background, so wait for them before reading results in a cell.

# %%
explorer.await_idle(timeout=60)
print(explorer.sentence())
explorer.points.target_value  # the mean loss on the test rows, in nats

# %% [markdown]
# The rows that you have selected (none yet, unless you tried) are in `explorer.selected`, by their number in the table.

# %%
explorer.frame.loc[list(explorer.selected)]

# %% [markdown]
# ## From Python to the explorer
#
# Now select the three rows whose removal would lower the loss most, and look at the map above: they are highlighted.

# %%
explorer.select(explorer.effects.top(3, "lowest"))
explorer.frame.loc[list(explorer.selected)]

# %% [markdown]
# `explorer.effects` is what `ax.attribute` returns with the same settings: an array with the rows' ids, a unit, and how far to
# trust it.

# %%
explorer.effects

# %% [markdown]
# Every setting is an attribute, and the controls follow.

# %%
explorer.solver = "lissa"
explorer.depth = 50
explorer.await_idle(timeout=60)
print(f"After 50 steps LiSSA has an error of {explorer.points.solver.error:.0%}.")

# %% [markdown]
# ## Parts of the explorer
#
# Each figure, the table and the controls are also widgets of their own, for a page that you arrange yourself. A saved notebook
# shows their pictures, so that it can be read without a kernel.

# %%
ax.notebook.figure(explorer, "lissa_map")

# %% [markdown]
# ## Export as code
#
# Code that computes the same numbers, without any user interface:

# %%
print(explorer.as_python())

# %% [markdown]
# The explorer follows JupyterLab's theme; `ax.notebook.show(explorer, dark=True)` makes it dark anywhere. For your own
# table, use `ax.Explorer(data=ax.Dataset.from_frame(frame, target="..."))`. `ax.datasets.names()` lists the built-in
# data sets; `"adult"`, `"crime"` and `"insurance"` are downloaded once.
#
# Next: `01_what_one_row_does.ipynb` shows where these numbers come from.
