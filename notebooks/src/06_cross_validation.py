# %% [markdown]
# # Cross-validation without refitting
#
# Which penalty should you choose? Leave-one-out cross-validation would tell, at the price of one refit for each row and each strength. With
# influence it costs one fit for each strength. When is that as good as the real thing, and how would you notice if it were not?
#
# *Prerequisites:* lesson 02. *Time:* 30 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. derive the one-line formula that is **exact** for least squares;
# 2. choose a penalty from approximate cross-validation, with its standard error;
# 3. compare four estimates of the same loss, and name the rows on which they differ.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import afif_explorer as ax
from afif_explorer import exercises

warnings.simplefilter("ignore", ax.HighLeverage)  # section 2 shows the plain step on purpose
data = ax.load_dataset("diabetes")
A = np.column_stack([data.train.X, np.ones(len(data.train))])
y, n, ids = data.train.y, len(data.train), data.train.ids

# %% [markdown]
# ## 1. Exact for least squares
#
# Let $e_i$ be the residual of row $i$ and $h_i$ its leverage. **Guess:** the residual of a row under the model *without* it is larger. By which
# factor, if the row's leverage is 0.5?

# %%
strength = 1e-2
penalty = strength * np.diag([1.0] * (A.shape[1] - 1) + [0.0])
H = A.T @ A / n + penalty
theta = np.linalg.solve(H, A.T @ y / n)
residual = y - A @ theta
leverage = np.einsum("ij,ji->i", A, np.linalg.solve(H, A.T)) / n


def without(i):
    """The exact fit without row i; n stays the full count."""
    keep = np.arange(n) != i
    return np.linalg.solve(A[keep].T @ A[keep] / n + penalty, A[keep].T @ y[keep] / n)


refits = np.array([without(i) for i in range(n)])
true = y - np.einsum("ij,ij->i", A, refits)
print(f"Largest difference between e / (1 - h) and the residual by refit: {np.abs(residual / (1 - leverage) - true).max():.0e}")
print(f"Leverages from {leverage.min():.3f} to {leverage.max():.3f}; their sum, the effective number of parameters, is {leverage.sum():.2f}.")

# %% [markdown]
# The factor is $1/(1 - h_i)$, here 2 for a leverage of 0.5. No approximation is involved: for a quadratic loss the Newton step *is* the refit.
# So leave-one-out costs one fit.
#
# ## 2. Choosing a penalty
#
# The penalty decides how much single rows can do. **Try:** move its strength from weak to strong, then pull the classes apart and take
# the penalty away. **Bet first:** does the row that is most influential under a weak penalty stay so under a strong one?

# %%
ax.notebook.scene("penalty")

# %% [markdown]
# For other losses the step is approximate. Compare approximate and exact leave-one-out for a logistic regression over a range of strengths.
# The exact one needs as many refits as there are rows, for every strength.

# %%
cancer = ax.load_dataset("breast_cancer")
strengths = np.geomspace(1e-4, 1, 9)
path = ax.cross_validation_path(cancer, strengths, model="logistic")
few = strengths[::2]
exact = {s: ax.cross_validate(ax.fit(cancer, model="logistic", penalty=ax.Ridge(s)), refit=True).mean for s in few}
plain = [ax.cross_validate(ax.fit(cancer, model="logistic", penalty=ax.Ridge(s)), method=ax.AFIF(leverage_correction=False)).mean for s in few]
train = [ax.MeanLoss("train").bind(f).value(f.objective.vector(f.theta)) for f in (ax.fit(cancer, model="logistic", penalty=ax.Ridge(s)) for s in few)]
curve = path.losses.mean(axis=1)

# %%
fig, axes = plt.subplots(figsize=(7, 4))
axes.semilogx(path.strengths, curve, "-", label="approximate, corrected")
axes.semilogx(few, plain, "--", label="approximate, plain step")
axes.semilogx(few, list(exact.values()), "o", label="exact: all refits")
axes.semilogx(few, train, ":", color="0.4", label="training loss")
axes.set(xlabel="strength of the penalty", ylabel="mean loss (nats)")
axes.legend()
plt.show()

# %%
gap = [curve[np.argmin(np.abs(path.strengths - s))] / exact[s] - 1 for s in few]
print("Corrected over exact, minus 1: " + ", ".join(f"{g:+.2%} (at {s:.0e})" for s, g in zip(few, gap)))
print(f"Chosen by the approximation: {path.best:.1e}; the smallest exact value is at {min(exact, key=exact.get):.1e}.")
print(f"{len(few) * len(cancer.train)} refits for the exact values, {len(strengths)} fits for the curve.")

# %% [markdown]
# The training loss always votes for no penalty. The plain step does better, but where the penalty is weak and leverages are high it is too
# optimistic. The corrected one follows the refits.
#
# How sure is the choice? The losses of single rows differ, so their mean has a standard error. A common rule takes the strongest penalty whose
# mean is within one standard error of the best.

# %%
error = path.losses.std(axis=1, ddof=1) / np.sqrt(path.losses.shape[1])
best = int(curve.argmin())
within = path.strengths[curve <= curve[best] + error[best]]
print(f"Best {path.strengths[best]:.1e} with {curve[best]:.4f} +- {error[best]:.4f}; the strongest within one standard error is {within.max():.1e}.")

# %% [markdown]
# ## 3. Four estimates, and where they differ
#
# `ax.leave_one_out` compares the plain step, the corrected step, importance sampling from the posterior (PSIS, as Bayesians use) and refits of
# the rows on which they differ most.

# %%
weak = ax.fit(cancer, model="logistic", penalty=ax.Ridge(1e-3))
found = ax.leave_one_out(weak, refits=10)
found.table.dropna(subset="refit").sort_values("refit", ascending=False).round(3)

# %%
found.means

# %% [markdown]
# The rows on which the estimates differ are few, and they decide the mean. Some are wrong or unusual biopsies of high leverage: there
# one step without correction is too small, and a refit is worth its price. On the others only importance sampling is off, and its
# `pareto_k` above 0.7 says so itself.
#
# ## Exercises
#
# **Exercise 1.** Section 1: what is the *exact* leave-one-out mean of $\frac12 e^2$ for the diabetes model with strength 0.01? You need no refit.

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
answer_1 = np.mean((residual / (1 - leverage)) ** 2) / 2

# %%
exercises.check("06.1", answer_1)

# %% [markdown]
# **Exercise 2.** Which row's squared residual grows by the largest *factor* when the row is left out? Give its id.

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
answer_2 = ids[np.argmax(leverage)]

# %%
exercises.check("06.2", answer_2)

# %% [markdown]
# **To think about.** You chose the penalty by cross-validation, and now somebody asks you to forget their row. What depends on it?
#
# ## Take-away
#
# - Least squares: residual over one minus leverage is **exact**.
# - Elsewhere it is an approximation; correct for leverage, and check the rows of high leverage by refits.
# - Report the standard error of a cross-validated loss.
#
# Next: `07_unlearning.ipynb`.
