# %% [markdown]
# # Influence from scratch
#
# Can 20 lines of NumPy say what would happen if any one of some hundred rows were missing, without a single refit? In this
# lesson you write them, test them against **every** refit, find where they are off, and repair that in two lines.
#
# *Prerequisites:* lesson 01. *Time:* 40 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. write influence for a logistic regression with a ridge penalty from memory;
# 2. check it against exact leave-one-out, by correlation **and** by size;
# 3. say what leverage is, and why it is the first thing that the simple formula gets wrong.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import afif_explorer as ax
from afif_explorer import exercises

# %% [markdown]
# ## 1. The model
#
# The rows are biopsies, the question is whether a tumour is benign. The model is a logistic regression with parameters
# $\theta$, trained by minimising
#
# $$L(\theta) = \frac1n \sum_i \ell_i(\theta) + \frac{\lambda}{2} \lVert\theta\rVert^2,\qquad \ell_i = \log(1 + e^{z_i}) - y_i z_i,\quad z_i = a_i^\top\theta$$
#
# where $a_i$ is the row with a 1 appended for the intercept, which the penalty leaves alone.

# %%
data = ax.load_dataset("breast_cancer")
ids, y, n = data.train.ids, data.train.y, len(data.train)
A = np.column_stack([data.train.X, np.ones(n)])
A_test, y_test = np.column_stack([data.test.X, np.ones(len(data.test))]), data.test.y
strength = 1e-2
penalty = strength * np.diag([1.0] * (A.shape[1] - 1) + [0.0])
print(f"{n} training rows, {len(data.test)} test rows, {A.shape[1]} parameters")

# %% [markdown]
# ## 2. Twenty lines
#
# You need three things: the gradient of each row's loss, $g_i = (p_i - y_i)\,a_i$; the Hessian of the whole objective,
# $H = \frac1n \sum_i p_i(1-p_i)\,a_i a_i^\top + \lambda I$; and a minimum, where the gradients and the penalty's balance.
# Newton's method finds the minimum with the same two ingredients.
#
# **Before you read the code:** which of its lines would change for least squares?

# %%
def chance(A, theta):
    return 1 / (1 + np.exp(-A @ theta))


def gradients(theta):
    """One row for each training row: the gradient of its loss."""
    return (chance(A, theta) - y)[:, None] * A


def hessian(theta, keep=1.0):
    p = chance(A, theta)
    return (A * (keep * p * (1 - p))[:, None]).T @ A / n + penalty


def train(keep=np.ones(n), theta=np.zeros(A.shape[1])):
    """Newton's method; ``keep`` is 0 for the rows that are left out."""
    for _ in range(50):
        slope = keep @ gradients(theta) / n + penalty @ theta
        if np.linalg.norm(slope) < 1e-11:
            break
        theta = theta - np.linalg.solve(hessian(theta, keep), slope)
    return theta


theta = train()
moves = np.linalg.solve(hessian(theta), gradients(theta).T).T / n  # row i: the change of theta without row i


# %% [markdown]
# That is all: row $i$ of `moves` predicts where the parameters go if row $i$ is left out. Anything that depends on the
# parameters can now be predicted. Take the mean loss on the test rows: multiply its gradient with each move.

# %%
def test_loss(theta):
    z = A_test @ theta
    return np.mean(np.logaddexp(0, z) - y_test * z)


test_gradient = (chance(A_test, theta) - y_test) @ A_test / len(y_test)
predicted = moves @ test_gradient
print(f"The mean test loss is {test_loss(theta):.4f} nats; {np.mean(predicted > 0):.0%} of the rows keep it down.")

# %% [markdown]
# ## 3. The truth: leave out every row
#
# The problem is small enough to refit without each row in turn. **Guess:** will the correlation with the prediction be
# nearer to 0.9, 0.99 or 0.999? And will the predictions be too small, too large, or right in size?

# %%
everyone = np.ones(n)
refits = np.array([train(everyone - (np.arange(n) == i), theta) for i in range(n)])
truth = np.array([test_loss(each) for each in refits]) - test_loss(theta)


def compare(estimate, truth):
    """Correlation, and the slope of the truth on the estimate: above 1 if the estimates are too small."""
    return np.corrcoef(estimate, truth)[0, 1], (estimate @ truth) / (estimate @ estimate)


r, slope = compare(predicted, truth)
print(f"{n} refits. Correlation {r:.4f}; slope {slope:.3f}: the truth is {slope - 1:.0%} larger than predicted.")

# %% [markdown]
# The order is nearly right and the sizes are not: the simple formula **underestimates**. Which rows are to blame?
#
# ## 4. Leverage
#
# A line of least squares is a rod on a pivot. **Try:** drag row 5 up and down, then far to the right, and watch leverage, residual and
# effect. **Bet first:** which of the rows 5 and 10 turns the line more when it leaves?

# %%
ax.notebook.scene("lever")

# %% [markdown]
# The Hessian contains the row that we leave out. Without it the others hold the parameters less firmly, so they move further.
# How much of the stiffness in its own direction does row $i$ provide? That share is its **leverage**:
#
# $$h_i = \tfrac1n\, p_i(1-p_i)\; a_i^\top H^{-1} a_i \qquad\text{between 0 and 1}$$
#
# Taking a row out of a matrix is a rank-one change, and the Sherman-Morrison formula solves it exactly: divide the move by
# $1 - h_i$. That is one line.

# %%
p = chance(A, theta)
leverage = p * (1 - p) * np.einsum("ij,ji->i", A, np.linalg.solve(hessian(theta), A.T)) / n
corrected = moves / (1 - leverage)[:, None]
print(f"Leverage: {leverage.mean():.3f} on average, {leverage.max():.2f} at most. Their sum is {leverage.sum():.1f}, of {A.shape[1]} parameters.")

# %%
fig, panels = plt.subplots(1, 2, figsize=(9, 4), sharex=True, sharey=True)
for panel, steps, title in zip(panels, (moves, corrected), ("plain", "divided by 1 - leverage")):
    estimate = steps @ test_gradient
    ends = [truth.min() * 1e3, truth.max() * 1e3]
    panel.plot(ends, ends, ":", color="0.4")
    marks = panel.scatter(estimate * 1e3, truth * 1e3, c=leverage, cmap="viridis", s=14)
    panel.set(title=f"{title}: slope {compare(estimate, truth)[1]:.2f}", xlabel="predicted effect (1/1000 nats)")
panels[0].set_ylabel("effect by refit (1/1000 nats)")
fig.colorbar(marks, ax=panels, label="leverage")
plt.show()

# %% [markdown]
# Rows of high leverage are the ones off the line, and the division alone turns predictions that are too small into ones that are
# too large. What remains has another cause: the loss is not a straight line in the parameters. So evaluate it where the moved
# parameters are (**plug in**) rather than following its slope.

# %%
plugged = np.array([test_loss(theta + move) for move in corrected]) - test_loss(theta)
versions = {"plain": predicted, "corrected": corrected @ test_gradient, "corrected, plugged in": plugged}
pd.DataFrame(
    {name: [*compare(estimate, truth), np.abs(estimate - truth).max() / np.abs(truth).max()] for name, estimate in versions.items()},
    index=["correlation", "slope", "largest error / largest effect"],
).T.round(4)

# %% [markdown]
# ## 5. The library
#
# `ax.attribute` does the same for every model and target; here are its defaults (leverage-corrected, second order, and more
# steps for rows that need them) and the paper's plain step. Do they agree with your lines?

# %%
fit = ax.fit(data, model="logistic", penalty=ax.Ridge(strength))
target = ax.MeanLoss("test")
plain = ax.attribute(fit, target, method=ax.AFIF(leverage_correction=False), order=1)
default = ax.attribute(fit, target)
print(f"Largest difference between the library's plain step and yours: {np.abs(plain - predicted).max():.0e}")
print("The library's defaults against the refits: correlation {:.5f}, slope {:.3f}".format(*compare(np.asarray(default), truth)))

# %% [markdown]
# ## 6. A first use: leave-one-out cross-validation without refits
#
# How well does the model predict rows that it has not seen? Leave each row out, look at *its own* loss, take the mean. That
# needs one refit per row, or your one line.

# %%
def own_loss(thetas):
    """The loss of row i under the i-th parameters."""
    z = np.einsum("ij,ij->i", A, thetas)
    return np.logaddexp(0, z) - y * z


pd.Series(
    {
        "training loss": own_loss(np.tile(theta, (n, 1))).mean(),
        "leave-one-out, plain": own_loss(theta + moves).mean(),
        "leave-one-out, corrected": own_loss(theta + corrected).mean(),
        "loss on the test rows": test_loss(theta),
    },
    name="mean loss (nats)",
).round(5).to_frame()

# %% [markdown]
# ## Exercises
#
# Replace each `...` and run the cell. Stuck? `exercises.hint("02.1")`, and then levels 2 and 3.
#
# **Exercise 1.** The table above has no exact line. What is the *exact* leave-one-out mean loss, in nats?

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
answer_1 = own_loss(refits).mean()

# %%
exercises.check("02.1", answer_1)

# %% [markdown]
# **Exercise 2.** Which row helps the test rows most: without which does the mean test loss rise most, *by the refits*? Give
# its id. (Is it also the one that the plain formula puts first?)

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
answer_2 = ids[np.argmax(truth)]

# %%
exercises.check("02.2", answer_2)

# %% [markdown]
# **To think about.** Without a penalty and with perfectly separable classes, the fit does not exist: the parameters run away.
# What happens to $H$ on the way, and so to the predictions?
#
# ## Take-away
#
# - Influence is one linear solve with the Hessian, shared by all rows; the target comes in by its gradient.
# - Check size as well as order: a correlation near 1 does not see that all predictions are too small.
# - The plain step underestimates how far the parameters move without a row of high **leverage**; dividing by $1 - h_i$ repairs
#   that for one row. A target that is not straight is then evaluated at the moved parameters.
# - Leave-one-out cross-validation needs no refit.
#
# Next: `03_fisher_and_hessian.ipynb`.
