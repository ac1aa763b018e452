# %% [markdown]
# # The lasso and the proximal step
#
# The lasso sets parameters to exactly zero. Where it does, the penalty has a kink and no derivative, so the formula of lesson 02 has no
# meaning. Can we still say what happens without a row, including which parameters become zero or stop being zero?
#
# *Prerequisites:* lesson 02. *Time:* 30 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. say why a step on the non-zero parameters alone is not enough;
# 2. take a **proximal step**, and say in which norm it has to be taken;
# 3. check it against refits, parameters and support.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Lasso

import afif_explorer as ax
from afif_explorer import exercises

data = ax.load_dataset("diabetes")
n, ids, d = len(data.train), data.train.ids, data.train.X.shape[1]
strength = 4.0
fit = ax.fit(data, model="linear", penalty=ax.Lasso(strength))
names = [*data.feature_names, "(intercept)"]
pd.Series(fit.theta, names, name="parameter").round(2).to_frame().T

# %% [markdown]
# ## 1. A kink
#
# The objective is $\frac1n \sum_i \frac12 (y_i - a_i^\top \theta)^2 + \lambda \lVert\theta\rVert_1$. A parameter stays at zero as long as the
# pull of the data on it is weaker than $\lambda$. How near to the limit are the pulls?

# %%
A = np.column_stack([data.train.X, np.ones(n)])
y = data.train.y
pull = A.T @ (y - A @ fit.theta) / n
pd.DataFrame({"parameter": fit.theta, "pull of the data / strength": pull / strength}, index=names).round(3)

# %% [markdown]
# For parameters that are not zero the pull is exactly plus or minus the strength; the intercept has no penalty and no pull. For the zeros it
# is less. **Guess:** if one row leaves, how often does a zero start to move, or a parameter become zero? Let us refit without each row.

# %%
penalised = Lasso(alpha=1.0, tol=1e-12, max_iter=100_000)


def refit(keep):
    """The lasso without some rows; n stays the full count, so the penalty keeps its weight."""
    kept = keep.sum()
    penalised.set_params(alpha=strength * n / kept)
    penalised.fit(A[keep, :-1], y[keep])
    return np.append(penalised.coef_, penalised.intercept_)


everyone = np.ones(n, dtype=bool)
truth = np.array([refit(everyone & (np.arange(n) != i)) for i in range(n)])
support = fit.theta != 0
same = ((truth != 0) == support).all(axis=1)
print(f"Without one row the same parameters are zero in {same.mean():.0%} of {n} refits.")

# %% [markdown]
# ## 2. Three steps
#
# All start from $v = \theta - F^{-1} b$, with $F = A^\top A / n$ and $b$ the gradient of the *loss* of the rows that stay. $v$ is where the data
# alone would go. The penalty pulls it back:
#
# $$\theta_\text{new} = \arg\min_t\; \tfrac12 (t - v)^\top F (t - v) + \lambda \lVert t\rVert_1$$
#
# This is the proximal operator **in the norm of $F$**. Two shortcuts are tempting:
#
# - *soft-thresholding* each parameter of $v$ by $\lambda$: the proximal operator in the plain (Euclidean) norm;
# - *freezing* the zeros, and taking the ordinary step with the others.

# %%
F = A.T @ A / n
penalty = np.append(np.full(d, strength), 0.0)


def soft(v, by):
    return np.sign(v) * np.maximum(np.abs(v) - by, 0)


def proximal(v, start, sweeps=500):
    """Coordinate descent on the problem above: one parameter at a time, until nothing moves."""
    t = start.copy()
    for _ in range(sweeps):
        before = t.copy()
        for j in range(len(t)):
            t[j] = soft(F[j, j] * t[j] + F[j] @ (v - t), penalty[j]) / F[j, j]
        if np.abs(t - before).max() < 1e-10:
            break
    return t


def steps(i):
    """The three steps without row i."""
    loss_gradient = -pull + A[i] * (y[i] - A[i] @ fit.theta) / n
    v = fit.theta - np.linalg.solve(F, loss_gradient)
    frozen = fit.theta.copy()
    frozen[support] -= np.linalg.solve(F[np.ix_(support, support)], (loss_gradient + penalty * np.sign(fit.theta))[support])
    return {"proximal, norm of F": proximal(v, fit.theta), "soft threshold": soft(v, penalty), "zeros frozen": frozen}


chosen = np.arange(0, n, 5)
tried = {name: np.array([steps(i)[name] for i in chosen]) for name in steps(0)}
moved = np.linalg.norm(truth[chosen] - fit.theta, axis=1)
pd.DataFrame(
    {
        name: {
            "median error / true move": np.median(np.linalg.norm(found - truth[chosen], axis=1) / moved),
            "same zeros as the refit": np.mean(((found != 0) == (truth[chosen] != 0)).all(axis=1)),
        }
        for name, found in tried.items()
    }
).T.round(3)

# %% [markdown]
# The Euclidean shortcut is not merely inaccurate: it does not even return the fit when **no** row leaves.

# %%
v = fit.theta - np.linalg.solve(F, -pull)  # all rows stay
for name, found in {"norm of F": proximal(v, fit.theta), "soft threshold": soft(v, penalty)}.items():
    print(f"{name}: without removing anything the parameters move by {np.linalg.norm(found - fit.theta):.1e}")

# %% [markdown]
# ## 3. Many rows
#
# For one row the frozen step is often good enough. What about groups, where more often a zero becomes nonzero or the reverse?
# `ax.unlearn` takes the paper's step with `leverage_correction=False`. By default it also leaves the removed rows out of the curvature
# $F$; with a squared loss, as here, that step is the refit itself.

# %%
chance = np.random.default_rng(0)
rows = []
for share in (0.02, 0.05, 0.1, 0.2):
    for _ in range(5):
        out = chance.choice(ids, round(share * n), replace=False)
        keep = ~np.isin(ids, out)
        true = refit(keep)
        plain, corrected = ax.unlearn(fit, out, ax.AFIF(leverage_correction=False)), ax.unlearn(fit, out)
        errors = {
            f"{name} step: error / true move": np.linalg.norm(step.theta - true) / np.linalg.norm(true - fit.theta)
            for name, step in {"paper's": plain, "corrected": corrected}.items()
        }
        zeros = {"zeros as in the refit (paper's)": ((plain.theta != 0) == (true != 0)).all(), "zeros unchanged": (support == (true != 0)).all()}
        rows.append({"removed": f"{share:.0%}"} | errors | zeros)
pd.DataFrame(rows).groupby("removed", sort=False).mean().round(3)

# %%
target = ax.MeanLoss("test")
effects = ax.attribute(fit, target)
A_test = np.column_stack([data.test.X, np.ones(len(data.test))])


def test_loss(theta):
    return np.mean((data.test.y - A_test @ theta) ** 2) / 2


by_refit = np.array([test_loss(each) for each in truth]) - test_loss(fit.theta)
fig, axes = plt.subplots(figsize=(5, 4.5))
axes.axline((0, 0), slope=1, linestyle=":", color="0.4")
axes.plot(np.asarray(effects), by_refit, ".")
axes.set(xlabel="predicted effect on the test loss (half squared units)", ylabel="effect by refit (half squared units)")
plt.show()
print(f"Correlation {np.corrcoef(effects, by_refit)[0, 1]:.4f} over {n} refits.")

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** For how many of the $n$ leave-one-out refits is *any* parameter zero that is not zero in the fit, or the other way round?

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
answer_1 = (~same).sum()

# %%
exercises.check("05.1", answer_1)

# %% [markdown]
# **Exercise 2.** For which row does its removal, by the refits, raise the mean test loss most? Give its id.

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
answer_2 = ids[np.argmax(by_refit)]

# %%
exercises.check("05.2", answer_2)

# %% [markdown]
# ## Take-away
#
# - At a kink there is no derivative; a step first follows the loss, then the penalty pulls it back.
# - The pull-back has to use the **norm of the curvature**; soft-thresholding does not even keep the fit where it is.
# - Freezing the zeros works for one row; for groups the support changes.
# - Check support as well as parameters.
#
# Next: `06_cross_validation.ipynb`.
