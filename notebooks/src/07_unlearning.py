# %% [markdown]
# # Unlearning, groups, and how far to trust it
#
# The effect of one row is easy to predict. But rows are withdrawn in groups: a hospital withdraws its patients, a vendor its whole file. May
# we add up the effects of single rows? And how would we know, **without** retraining, that the answer is no longer to be trusted?
#
# *Prerequisites:* lesson 02. *Time:* 35 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. compare three predictions of a group's removal (the sum, the plain step, the corrected step) with the truth;
# 2. give two rows whose effects do **not** add up;
# 3. read `reach`, and decide when to retrain.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import afif_explorer as ax
from afif_explorer import exercises

warnings.simplefilter("ignore", ax.LargeStep)  # the point of this lesson
warnings.simplefilter("ignore", ax.Guessed)

data = ax.load_dataset("hiring")
fit = ax.fit(data, model="logistic", penalty=ax.Ridge(1e-3))
gap = ax.DemographicParityDifference("group", split="validation")
ids, n = data.train.ids, len(data.train)
effects = ax.attribute(fit, gap)
now = gap.bind(fit).value(fit.objective.vector(fit.theta))
print(f"{n} rows; the groups' mean chances are {100 * now:.1f} percentage points apart.")

# %% [markdown]
# ## 1. Remove more and more
#
# We remove the rows that widen the gap most: first one, then ten, in the end almost a third of the table. Three predictions, and the truth:
#
# - the **sum** of the single rows' effects;
# - the **plain step**, with the stiffness of all rows, also of those that leave (the paper's AFIF);
# - the **corrected step**, with the stiffness of the rows that stay (the library's default; for these models it is Newton's step);
# - the **truth**: a refit.
#
# **Guess first:** will the sum be too large or too small? Think of who holds the parameters when many have left.

# %%
order = np.argsort(effects)
counts = [1, 10, 30, 70, 140, 280, 420]
columns = {"sum": [], "plain": [], "corrected": [], "retrained": [], "trust": []}
for k in counts:
    rows = ids[order[:k]]
    plain = ax.unlearn(fit, rows, method=ax.AFIF(leverage_correction=False), targets=gap)
    step = ax.unlearn(fit, rows, method=ax.AFIF(), targets=gap)
    columns["sum"].append(float(np.sort(effects)[:k].sum()))
    columns["plain"].append(plain.effects[gap])
    columns["corrected"].append(step.effects[gap])
    columns["retrained"].append(ax.retrain(fit, rows).effects(gap)[gap])
    columns["trust"].append(step.reach.level)
sweep = pd.DataFrame(columns, index=pd.Index(counts, name="rows removed"))
(100 * sweep.drop(columns="trust")).round(2).join(sweep["trust"])

# %%
fig, axes = plt.subplots(figsize=(7, 4))
for (name, values), line in zip(sweep.drop(columns="trust").items(), (":", "--", "-.", "-")):
    axes.plot(counts, 100 * (now + values), "o" + line if name == "retrained" else line, label=name)
axes.axhline(0, color="0.6", linewidth=0.8)
axes.set(xlabel="rows removed", ylabel="gap afterwards (percentage points)")
axes.legend()
plt.show()
last = sweep.iloc[-1]
print(f"Of the true change after {counts[-1]} rows, the sum predicts {last['sum'] / last['retrained']:.0%}, "
      f"the plain step {last['plain'] / last['retrained']:.0%}, the corrected step {last['corrected'] / last['retrained']:.0%}.")

# %% [markdown]
# The predictions that use the old stiffness fall behind: the rows that stay hold the parameters less, so they move further. The
# corrected step takes that into account, but it is still a single step on a curved landscape.
#
# ## 2. Twins
#
# The clearest failure of adding up needs only two rows that are alike. **Try:** remove rows 22 and 23 of this scene one at a time, then
# together; then give row 22 copies that stay. **Bet first:** each alone changes the chance by about 6 percentage points. What do both do?

# %%
ax.notebook.scene("twins")

# %% [markdown]
# Now with real data: give one influential row a twin, so that two identical rows share the work. What is the effect of each alone,
# and what is the effect of both?

# %%
table = ax.load_dataset("diabetes").train.frame.reset_index(drop=True)


def fitted(table):
    """Least squares with a small penalty, on all rows of a table."""
    whole = ax.Dataset.from_frame(table, target="disease progression", validation=0, test=0)
    return ax.fit(whole, model="linear", penalty=ax.Ridge(1e-3))


facts = ax.diagnostics(fitted(table))
star = int((facts["leverage"] * facts["residual"].abs()).idxmax())  # the row with the largest product
twins = fitted(pd.concat([table, table.loc[[star]]], ignore_index=True))
pair = [star, len(table)]  # the last row is its twin
slope = ax.Coefficient("blood pressure")
single = [ax.retrain(twins, [row]).effects(slope)[slope] for row in pair]
both = ax.retrain(twins, pair).effects(slope)[slope]
print(f"Row {pair[0]} and its twin, row {pair[1]}: without one, the slope changes by {single[0]:.4f} and {single[1]:.4f};")
print(f"the sum is {sum(single):.4f}, but without both the slope changes by {both:.4f}: {both / sum(single):.2f} times as much.")

# %% [markdown]
# Each twin covers for the other. So *a small effect does not mean harmless*: a row may look unimportant only because its like is still
# there. For least squares the corrected step gets the pair right, because it uses the stiffness without both:

# %%
predicted = ax.unlearn(twins, pair, targets=slope).effects[slope]
print(f"Corrected step for the pair: {predicted:.6f}, refit: {both:.6f}")

# %% [markdown]
# ## 3. How would we know?
#
# `reach` is computed from the fit alone. It says how far the prediction can be trusted for the given set of rows, and why.

# %%
for k in (1, 70, 420):
    print(f"{k} row{'' if k == 1 else 's'}: {ax.unlearn(fit, ids[order[:k]]).reach.text}\n")

# %% [markdown]
# Is it right? Draw random groups and groups of influential rows, of many sizes, and compare the true error of the
# parameters, as a share of the way to the refit, with the estimate of that error.

# %%
chance = np.random.default_rng(1)
F = ax.Fisher(fit.objective, fit.theta).dense().numpy()


def size(move):
    """The length of a move of the parameters in the norm of the curvature, which `reach` uses too."""
    return np.sqrt(move @ F @ move)


found = []
for k in (5, 20, 60, 150, 300):
    for kind, rows in (("random", ids[chance.permutation(n)[:k]]), ("influential", ids[order[:k]])):
        step, truth = ax.unlearn(fit, rows), ax.retrain(fit, rows)
        found.append({"rows": k, "kind": kind, "trust": step.reach.level, "estimated error": step.reach.expected_error,
                      "true error": size(step.theta - truth.theta) / size(truth.theta - fit.theta)})  # fmt: skip
errors = pd.DataFrame(found).pivot(index="rows", columns="kind")
errors

# %% [markdown]
# ## 4. Is it forgotten?
#
# Unlearning moves the parameters *near* those of a refit. Whoever compares the two can still see that the rows were there. **Certified
# unlearning** adds noise that hides the difference, in the sense of $(\varepsilon, \delta)$ as in differential privacy. The noise it needs
# grows with a bound on the error of the step. Compare the bound with the true error, and the
# noise with the parameters: noise as large as they are makes a model useless. A weaker promise (a larger $\varepsilon$) or more training
# rows need less of it.

# %%
strong = ax.fit(data, model="logistic", penalty=ax.Ridge(0.5))
rows = ids[:3]
released = ax.certified_unlearn(strong, rows, epsilon=1.0, delta=1e-4, method=ax.AFIF(leverage_correction=False), seed=0)
true_error = np.linalg.norm(ax.unlearn(strong, rows, method=ax.AFIF(leverage_correction=False)).theta - ax.retrain(strong, rows).theta)
print(f"Standard deviation of the noise: {released.sigma:.2e}; proven bound on the error of the step: {released.gamma:.2e}; true error: {true_error:.2e}.")
print(f"The largest parameter has the size {np.abs(strong.theta).max():.2f}.")

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** Of the true change of the gap after removing the **200** rows that widen it most, what share does the *sum of effects*
# predict? Give one number, such as 0.5.

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
rows = ids[order[:200]]
answer_1 = np.sort(effects)[:200].sum() / ax.retrain(fit, rows).effects(gap)[gap]

# %%
exercises.check("07.1", answer_1)

# %% [markdown]
# **Exercise 2.** A hospital-like request: remove all training rows of the group `green` from the district `north` who were `rejected`.
# Which rows are these? Give their ids.

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
frame = data.train.frame
answer_2 = frame.index[(frame["group"] == "green") & (frame["district"] == "north") & (frame["hired"] == "rejected")]

# %%
exercises.check("07.2", answer_2)

# %% [markdown]
# **To think about.** What would a person who asks to be forgotten want: the step, the refit, the noise, or something else?
#
# ## Take-away
#
# - Effects of single rows add up only while the group is small; the plain step falls short for large ones.
# - Twins mask each other: no effect does not mean harmless.
# - `reach` warns without retraining; where it says *poor*, retrain.
# - Close to a refit is not the same as forgotten.
#
# Next: `08_fairness.ipynb`.
