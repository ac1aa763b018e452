# %% [markdown]
# # Your own data and model
#
# So far the tables were clean, and the models were trained by this package. What has to be decided about your own table before effects of
# its rows mean anything? And how do you find the effects of rows on a model that was trained elsewhere, with another library?
#
# *Prerequisites:* lessons 01 and 02. *Time:* 30 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. inspect a table, and say what each column is used for;
# 2. ask for effects on a model that scikit-learn or torch has trained;
# 3. write a target of your own;
# 4. report effects with ids, trust and a check.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

import afif_explorer as ax
from afif_explorer import exercises

# %% [markdown]
# ## 1. A table as people send it
#
# Customers of a phone company: do they leave? The table is made up, with the usual faults. **Look for them** before you run the next cell.

# %%
chance = np.random.default_rng(7)
size = 600
months = chance.integers(1, 72, size)
calls = chance.poisson(2, size)
age = chance.integers(18, 80, size)
sex = chance.choice(["f", "m"], size)
log_odds = 0.6 - 0.05 * months + 0.5 * calls + 0.01 * (age - 45) + chance.normal(0, 0.5, size)
left = chance.random(size) < 1 / (1 + np.exp(-log_odds))
raw = pd.DataFrame(
    {
        "customer": 50_000 + chance.permutation(size),
        "months": months.astype(float),
        "calls": calls,
        "age": age,
        "sex": sex,
        "closing fee": np.where(left, 25.0, 0.0),
        "left": np.where(left, "yes", "no"),
    }
)
raw.loc[chance.choice(size, 25, replace=False), "months"] = -999
raw.loc[chance.choice(size, 15, replace=False), "left"] = "Yes"
raw.head()

# %%
columns = ax.inspect(raw, target="left")
columns

# %% [markdown]
# The tool only notices; **you** decide. `customer` is an identifier. `-999` stands for a missing value, `Yes` for
# `yes`. And `closing fee`? It is paid by those who
# left: a copy of the answer, which would make a model look perfect and its explanations empty. `sex` we want to examine, not to use.

# %%
data = ax.Dataset.from_frame(
    raw,
    target="left",
    sensitive=["sex"],
    roles={"customer": "ignore", "closing fee": "ignore"},
    missing={"months": [-999]},
    merge={"left": {"Yes": "yes"}},
    seed=0,
)
print(*data.notes, sep="\n")
print("inputs:", ", ".join(data.feature_names))

# %% [markdown]
# ## 2. A fit, and whether to believe it
#
# `ax.check` looks for reasons to distrust a fit and its effects. Each finding has a code, which the documentation explains.

# %%
warnings.simplefilter("ignore", ax.Guessed)
fit = ax.fit(data, model="logistic", penalty=ax.Ridge(1e-2))
ax.check(fit)

# %%
effects = ax.attribute(fit, ax.MeanLoss("test"))
print(f"Trust: {effects.trust.level}")
effects.to_frame(raw=True).iloc[np.argsort(np.asarray(effects))[:5]]

# %% [markdown]
# Each row keeps its **id** (the index of your table) from the file to the report. Positions change with every split and filter; ids don't.
#
# ## 3. A model trained elsewhere
#
# scikit-learn has trained a logistic regression. Put its parameters into a torch module, say which loss and penalty it was trained with, and ask.
# **Guess:** scikit-learn's `C` multiplies the *sum* of the losses. Which strength does `C = 1` correspond to?

# %%
n, d = data.train.X.shape
theirs = LogisticRegression(C=1.0, tol=1e-10, solver="newton-cholesky").fit(data.train.X, data.train.y)
module = nn.Linear(d, 1).double()
with torch.no_grad():
    module.weight.copy_(torch.tensor(theirs.coef_))
    module.bias.copy_(torch.tensor(theirs.intercept_))
test = (data.test.X, data.test.y)
for strength in (1.0, 1 / n):
    borrowed = ax.from_trained(module, data.train.X, data.train.y, "bernoulli", penalty=ax.Ridge(strength), test=test)
    print(f"strength {strength:.5f}: gradient norm {borrowed.gradient_norm:.1e}, at a minimum: {borrowed.converged}")

# %% [markdown]
# The gradient tells whether you have described the training rightly: with the wrong penalty the parameters are not at a minimum, and every
# effect would be about another model.

# %%
mine = ax.attribute(borrowed, ax.MeanLoss("test"))
strongest = mine.top(4)


def sklearn_loss(keep):
    """Mean test loss of scikit-learn's own refit; C times the sum of losses leaves the penalty's weight as it is."""
    model = LogisticRegression(C=1.0, tol=1e-10, solver="newton-cholesky").fit(data.train.X[keep], data.train.y[keep])
    p = model.predict_proba(data.test.X)[:, 1]
    return -np.mean(np.log(np.where(data.test.y == 1, p, 1 - p)))


everyone = np.ones(n, dtype=bool)
before = sklearn_loss(everyone)
pd.DataFrame(
    {
        "predicted": [float(mine[mine.ids.tolist().index(row)]) for row in strongest],
        "scikit-learn's refit": [sklearn_loss(mine.ids != row) - before for row in strongest],
    },
    index=pd.Index(strongest, name="row (here: a position, since arrays have no ids)"),
).round(6)

# %% [markdown]
# ## 4. Ask your own question
#
# Targets are not limited to losses. **Try:** in this scene, ask for the chance at ◇, the loss there, and the gap between two groups, and
# watch the colours turn. **Bet first:** how many of the 36 rows change the sign of their effect with the question?

# %%
ax.notebook.scene("question")

# %% [markdown]
# A coefficient is a target, too, and a gap between groups another. Which customers decide whether age matters?

# %%
slope = ax.Coefficient("age")
gap = ax.DemographicParityDifference("sex", split="validation", favourable="no")
both = ax.attribute(fit, [slope, gap])
now = slope.bind(fit).value(fit.objective.vector(fit.theta))
on_slope = np.asarray(both)[:, 0]
print(f"The coefficient of age is {now:.4f} log-odds per standard deviation; without its strongest row it would be {now + on_slope[np.argmax(np.abs(on_slope))]:.4f}.")

# %%
fig, axes = plt.subplots(figsize=(6, 4))
axes.plot(*np.asarray(both).T, ".")
axes.axhline(0, color="0.6", linewidth=0.8)
axes.axvline(0, color="0.6", linewidth=0.8)
axes.set(xlabel="effect on the coefficient of age (log-odds)", ylabel="effect on the gap between the sexes (probability)")
plt.show()
print(f"Correlation of the two effects: {np.corrcoef(*np.asarray(both).T)[0, 1]:.2f}. Which rows are influential depends on the target.")

# %% [markdown]
# ## 5. A report that others can check
#
# State the question, the fit, the method, the ids, the trust, and at least one refit:

# %%
few = both.top(5, target=slope)
predicted, truth = ax.unlearn(fit, few, targets=slope), ax.retrain(fit, few)
print(f"Target: coefficient of age, now {now:.4f} log-odds per standard deviation. Fit: {fit!r}")
print(f"Method: {both.method}. Trust: {both.trust.level}.")
print(f"Rows {', '.join(map(str, few))}: predicted change {predicted.effects[slope]:+.4f}, retrained {truth.effects(slope)[slope]:+.4f}.")

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** Which training row moves the coefficient of `age` most, in either direction? Give its id.

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
answer_1 = both.top(1, target=slope)

# %%
exercises.check("11.1", answer_1)

# %% [markdown]
# **Exercise 2.** A colleague trained scikit-learn's `LogisticRegression(C=0.5)` on the same training rows. Which `strength` describes it here?

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
answer_2 = 1 / (0.5 * n)

# %%
exercises.check("11.2", answer_2)

# %% [markdown]
# ## Take-away
#
# - Decide about every column before you fit; a copy of the answer makes all effects empty.
# - For a model trained elsewhere, the gradient norm tells whether you described its training rightly.
# - Ask the question you have: a loss, a prediction, a coefficient, a gap.
# - Report ids, trust and a refit.
#
# You have reached the end: open `00_explorer.ipynb` with your own table.
