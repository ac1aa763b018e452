# %% [markdown]
# # Fisher and Hessian: when do they agree, and why?
#
# Influence needs a stiffness. Classical influence takes the **Hessian** of the loss, AFIF the **Fisher information**, which is cheaper
# and never has negative eigenvalues. For some models papers report that the two give the same effects. Is that evidence that the
# approximation is good, or could it not have been otherwise?
#
# *Prerequisites:* lesson 02. *Time:* 35 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. say for a given model, without computing anything, whether Fisher and Hessian are the same matrix;
# 2. name the three situations in which their difference vanishes;
# 3. say which *kind of retraining* each of them predicts for a network.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

import afif_explorer as ax
from afif_explorer import exercises

warnings.simplefilter("ignore", ax.HighLeverage)  # section 4 shows the plain step on purpose
warnings.simplefilter("ignore", ax.LargeStep)  # some rows would need more than one step
data = ax.load_dataset("breast_cancer")
target = ax.MeanLoss("test")

# %% [markdown]
# ## 1. Two ways to differentiate twice
#
# Let $f_i(\theta)$ be the model's output for row $i$ (the log-odds) and $\ell(f, y) = A(f) - y f$ its loss, with
# $A(f) = \log(1 + e^f)$. Differentiate twice by the chain rule:
#
# $$\nabla^2 \ell_i = \underbrace{A''(f_i)\; \nabla f_i \nabla f_i^\top}_{\text{Fisher}} \;+\; \underbrace{(p_i - y_i)}_{\text{residual}}\; \nabla^2 f_i$$
#
# The first term is all that the Fisher information keeps. The second is *residual times curvature of the model*.
#
# **Before you run the next cell:** what is $\nabla^2 f_i$ for a logistic regression? So how far apart are the two matrices?

# %%
def matrices(fit):
    """The Fisher information and the Hessian of the objective, with the penalty's part in both."""
    return (kind(fit.objective, fit.theta).dense() for kind in (ax.Fisher, ax.Hessian))


def apart(fisher, hessian):
    """Their difference, as a share of the Hessian."""
    return float((fisher - hessian).norm() / hessian.norm())


logistic = ax.fit(data, model="logistic", penalty=ax.Ridge(1e-2))
network = ax.fit(data, model="mlp", hidden=(3,), penalty=ax.Ridge(1e-2))
for name, fit in {"logistic regression": logistic, "network": network}.items():
    print(f"{name}: {fit.theta.size} parameters, difference {apart(*matrices(fit)):.1%} of the Hessian")

# %% [markdown]
# For the logistic regression the difference is **exactly** zero, whatever the data: its output is linear in the parameters, so
# $\nabla^2 f_i = 0$. The same holds for least squares, softmax and Poisson regression. A report that AFIF "agrees with the
# Hessian" on such a model tells us nothing about the approximation.
#
# Don't trust the library? Here is the Hessian of the logistic objective by automatic differentiation, from scratch.

# %%
A = torch.tensor(np.column_stack([data.train.X, np.ones(len(data.train))]))
y = torch.tensor(data.train.y, dtype=torch.float64)


def objective(theta):
    z = A @ theta
    return (torch.logaddexp(z, torch.zeros(())) - y * z).mean() + 1e-2 * (theta[:-1] ** 2).sum() / 2


by_autodiff = torch.func.hessian(objective)(torch.tensor(logistic.theta))
print(f"Largest difference from the Fisher information: {float((by_autodiff - list(matrices(logistic))[0]).abs().max()):.0e}")

# %% [markdown]
# ## 2. When does a network's difference vanish?
#
# The second term is a mean over rows of *residual times curvature of the model*. So it is small if
#
# - the model is **linear** in its parameters (curvature zero), or
# - the model **fits every row** (residuals zero), or
# - the residuals are **noise with mean zero**, independent of the inputs: then the mean shrinks like $1/\sqrt{n}$.
#
# Let us watch the third one. Draw labels from the network's *own* predictions, so that the residuals are noise by construction, and
# give every row $m$ of them. Both matrices are taken at the same parameters.

# %%
p = torch.tensor(network.predict(data.train.X))
fisher, true_hessian = matrices(network)
chance = torch.Generator().manual_seed(0)
hessians = []
for _ in range(64):
    drawn = torch.bernoulli(p, generator=chance)
    objective = ax.Objective(network.objective.model, network.objective.loss, network.objective.penalty, torch.tensor(data.train.X), drawn)
    hessians.append(ax.Hessian(objective, network.theta).dense())
counts = [1, 4, 16, 64]
gaps = [np.mean([apart(fisher, sum(hessians[k : k + m]) / m) for k in range(0, 64, m)]) for m in counts]
fig, axes = plt.subplots(figsize=(6, 3.5))
axes.loglog(counts, gaps, "o-", label="labels drawn from the network")
axes.loglog(counts, gaps[0] / np.sqrt(counts), ":", color="0.4", label="one over the root of m")
axes.axhline(apart(fisher, true_hessian), color="#c24a00", linestyle="--", label="true labels")
axes.set(xlabel="labels for each row", ylabel="|Hessian - Fisher| / |Hessian|")
axes.legend()
plt.show()

# %% [markdown]
# And the signs of the eigenvalues? The Fisher information is a sum of squares, so it has no negative one. The Hessian has none at a
# minimum, though here its smallest is below that of the Fisher; elsewhere it may have some. Compare the fit with one that stopped after
# a single step:

# %%
for name, matrix in zip(("Fisher", "Hessian"), matrices(network)):
    print(f"{name}: smallest eigenvalue {float(torch.linalg.eigvalsh(matrix)[0]):.4f}")
start = ax.fit(data, model="mlp", hidden=(3,), penalty=ax.Ridge(1e-2), max_steps=1)
for name, matrix in zip(("Fisher", "Hessian"), matrices(start)):
    print(f"{name} after one step of training: smallest eigenvalue {float(torch.linalg.eigvalsh(matrix)[0]):.4f}")

# %% [markdown]
# ## 3. So which one is right?
#
# That depends on *what you ask*. Two kinds of retraining without a row answer different questions:
#
# - the **warm refit** minimises the loss of the other rows, from the old parameters on;
# - the **Bregman response** keeps the other rows' *predictions* where they are as well as it can (their divergence from the old
#   predictions is what it minimises), and gives up the fit of the row that leaves.
#
# And whoever trains again from a **new start** (a *cold* refit) asks a third question. **Try:** remove row 23 of this small network, warm
# and cold, then choose other rows. **Bet first:** do the two refits agree at least in sign?

# %%
ax.notebook.scene("network")

# %% [markdown]
# The Hessian is the second derivative of the first objective, the Fisher information that of the second. **Guess:** which estimate
# has the smaller error against which retraining?

# %%
rows = data.train.ids[np.random.default_rng(0).choice(len(data.train), 12, replace=False)]
retrainings = {
    "warm refit": ax.retrain_each(network, rows, target),
    "Bregman response": ax.bregman_response_each(network, rows, target),
}
methods = {"AFIF (Fisher)": ax.AFIF(), "classical (Hessian)": ax.InfinitesimalJackknife()}


def errors(method, retraining):
    """The median error of the predicted move of the parameters, as a share of the true one."""
    moves = np.array([ax.unlearn(network, [row], method=method).theta for row in rows]) - network.theta
    truth = retraining.theta.T - network.theta
    return np.median(np.linalg.norm(moves - truth, axis=1) / np.linalg.norm(truth, axis=1))


pd.DataFrame(
    {name: {what: f"{errors(method, truth):.1%}" for what, truth in retrainings.items()} for name, method in methods.items()}
).rename_axis("median error of the parameters")

# %% [markdown]
# Each is nearly exact for its own question and far off for the other. "The influence of a row" on a network is not defined until you
# say which retraining you mean. For the *effect on the test loss* the two retrainings often agree more than their parameters do:

# %%
effects = {name: np.asarray(ax.attribute(network, target, method=method)) for name, method in methods.items()}
place = np.searchsorted(data.train.ids, rows) if np.all(np.diff(data.train.ids) > 0) else [data.train.ids.tolist().index(r) for r in rows]
pd.DataFrame(
    {name: {what: np.corrcoef(values[place], truth.effects)[0, 1] for what, truth in retrainings.items()} for name, values in effects.items()}
).rename_axis("correlation of the effects").round(4)

# %% [markdown]
# ## 4. The experiment of the paper: a network with an L1 penalty
#
# With $\lambda \lVert\theta\rVert_1$ some parameters are exactly zero, and a step has to keep most of them there: after the linear
# solve comes a *proximal step* (lesson 05). AFIF and the Hessian again differ only in the stiffness. How much do the effects of
# all rows differ?

# %%
sparse = ax.fit(data, model="mlp", hidden=(3,), penalty=ax.Lasso(3e-3))
print(f"{(sparse.theta == 0).sum()} of {sparse.theta.size} parameters are zero.")
on_loss = {
    "AFIF": ax.attribute(sparse, target, method=ax.AFIF(leverage_correction=False), order=1),
    "Hessian": ax.attribute(sparse, target, method=ax.InfinitesimalJackknife(leverage_correction=False), order=1),
}
afif, hessian = map(np.asarray, on_loss.values())
print(f"Correlation of the {len(afif)} effects: {np.corrcoef(afif, hessian)[0, 1]:.4f}")
print(f"Of the 20 strongest rows by AFIF, {len(set(on_loss['AFIF'].top(20)) & set(on_loss['Hessian'].top(20)))} are also among the Hessian's.")

# %%
fig, axes = plt.subplots(figsize=(5, 4.5))
axes.axline((0, 0), slope=1, linestyle=":", color="0.4")
axes.plot(1e3 * hessian, 1e3 * afif, ".")
axes.set(xlabel="effect by the Hessian (1/1000 nats)", ylabel="effect by AFIF (1/1000 nats)")
plt.show()

# %% [markdown]
# Do they track retraining? Refit without the three rows that AFIF ranks first, and without three others. Effects are in 1/1000 nats.

# %%
tried = np.r_[on_loss["AFIF"].top(3), rows[:3]]
truth = ax.retrain_each(sparse, tried, target)
where = [data.train.ids.tolist().index(row) for row in tried]
pd.DataFrame(
    {"AFIF": 1e3 * afif[where], "Hessian": 1e3 * hessian[where], "warm refit": 1e3 * np.asarray(truth.effects)},
    index=pd.Index(tried, name="row"),
).round(3)

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** For the network of section 1, what would $\lVert H - F\rVert / \lVert H\rVert$ be if the penalty's part
# ($\lambda$ on the diagonal, not for the two layers' intercepts) were left out of both matrices? It is also in both as they stand.
# (`ax.Hessian(objective, theta)` works for any `ax.Objective`, also one with `penalty=None`.)

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
bare = ax.Objective(network.objective.model, network.objective.loss, None, torch.tensor(data.train.X), y)
F, H = (kind(bare, network.theta).dense() for kind in (ax.Fisher, ax.Hessian))
answer_1 = float((H - F).norm() / H.norm())

# %%
exercises.check("03.1", answer_1)

# %% [markdown]
# **Exercise 2.** For which training row do the *two effects of section 3* (in `effects`) differ most? Give its id.

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
by_fisher, by_hessian = effects.values()
answer_2 = data.train.ids[np.argmax(np.abs(by_fisher - by_hessian))]

# %%
exercises.check("03.2", answer_2)

# %% [markdown]
# ## Take-away
#
# - Hessian = Fisher + mean of *residual times curvature of the model*.
# - For linear, logistic, softmax and Poisson models they are the **same matrix**: agreement is an identity, not evidence.
# - On a network, AFIF predicts the Bregman response and the Hessian predicts the warm refit; report which one you mean.
# - The Fisher information has no negative eigenvalues, so its step exists also where training stopped early.
#
# Next: `04_lissa.ipynb`, on how to solve with a matrix that does not fit in memory.
