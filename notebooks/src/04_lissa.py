# %% [markdown]
# # LiSSA: solving without a matrix
#
# With a million parameters you cannot store the curvature, let alone invert it. **LiSSA** needs only products of the curvature with a
# vector, on a few rows at a time. It has three settings: scale, depth and batch size. With a wrong one its result is useless, sometimes
# without looking so. How do you choose them?
#
# *Prerequisites:* lesson 02. *Time:* 30 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. write LiSSA in five lines, and say what it computes after $T$ steps along each eigenvector;
# 2. choose scale and depth by a rule instead of by luck;
# 3. recognise a run that diverges, and one that has stopped too early.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

import afif_explorer as ax
from afif_explorer import exercises

warnings.simplefilter("ignore", ax.NotConverged)  # provoked on purpose below
data = ax.load_dataset("hiring")
fit = ax.fit(data, model="logistic", penalty=ax.Ridge(1e-3))
F = ax.Fisher(fit.objective, fit.theta).dense().numpy()
eigenvalues, directions = np.linalg.eigh(F)
print(f"{len(F)} parameters; eigenvalues of the curvature from {eigenvalues[0]:.4f} to {eigenvalues[-1]:.3f}")

# %% [markdown]
# ## 1. Five lines
#
# We want $x = F^{-1} c$. Start with $u_0 = c$ and repeat
#
# $$u_{t} = c + u_{t-1} - F u_{t-1} / \sigma, \qquad x_T = u_T / \sigma .$$
#
# If the sequence settles, $u = c + u - Fu/\sigma$, so $F u/\sigma = c$: the right answer, whatever the **scale** $\sigma$. The scale decides
# whether and how fast it settles. Here $c$ is the gradient of the test loss.

# %%
A_test = np.column_stack([data.test.X, np.ones(len(data.test))])
c = (fit.predict(data.test.X) - data.test.y) @ A_test / len(data.test)
exact = np.linalg.solve(F, c)


def lissa(scale, depth):
    """The error of every step, relative to the solution."""
    u, errors = c.copy(), []
    for _ in range(depth):
        u = c + u - F @ u / scale
        errors.append(np.linalg.norm(u / scale - exact) / np.linalg.norm(exact))
    return np.array(errors)


# %% [markdown]
# **Guess:** the largest eigenvalue is printed above. Is a scale of half of it safe? Of twice?

# %%
top = eigenvalues[-1]
fig, axes = plt.subplots(figsize=(7, 4))
for share, line in ((0.45, ":"), (0.55, "-."), (1, "-"), (4, "--"), (16, (0, (5, 1, 1, 1)))):
    axes.semilogy(np.arange(1, 401), lissa(share * top, 400), linestyle=line, label=f"scale = {share} x largest eigenvalue")
axes.set(xlabel="depth (steps)", ylabel="relative error", ylim=(1e-4, 1e3))
axes.legend()
plt.show()

# %% [markdown]
# ## 2. One eigenvector at a time
#
# Along an eigenvector with eigenvalue $\mu$ each step multiplies the error by $1 - \mu/\sigma$. So
#
# - it **diverges** where $|1 - \mu/\sigma| > 1$, that is for $\sigma < \mu_{\max}/2$;
# - it is **slow** where $\mu/\sigma$ is small: the flattest direction needs about $\sigma/\mu_{\min} \cdot \log(1/\text{tolerance})$ steps.
#
# **Try:** play the steps at the scale that is set, then move the scale above 0.5 and to 1, then take batches. **Bet first:** at 0.45 of the
# largest eigenvalue, what do more steps do to the error?

# %%
ax.notebook.scene("lissa")

# %% [markdown]
# A larger scale is safer and slower. Compare the rule with the steps that a run really needs for an error of 1 % in its slowest direction.

# %%
tolerance = 0.01
needed = {}
for share in (0.55, 1, 4):
    scale = share * top
    slowest = np.abs(1 - eigenvalues / scale).max()
    errors = np.abs(1 - eigenvalues / scale)
    steps = int(np.ceil(np.log(tolerance) / np.log(slowest)))
    flat = scale / eigenvalues[0] * np.log(1 / tolerance)
    needed[f"{share} x"] = {"contraction per step": slowest, "steps needed": steps, "rule: scale / smallest x log": flat}
pd.DataFrame(needed).T.rename_axis("scale").round(3)

# %% [markdown]
# A run that stops too early is not merely noisy, it is **biased in a known way**: it has left out the flat directions. After $T$ steps LiSSA
# uses $(1 - (1 - \mu/\sigma)^{T+1})/\mu$ in place of $1/\mu$.

# %%
fig, axes = plt.subplots(figsize=(7, 4))
grid = np.geomspace(eigenvalues[0] / 3, top, 200)
axes.loglog(grid, 1 / grid, "-", color="0.2", label="the inverse")
for depth, line in ((3, ":"), (30, "-."), (300, "--")):
    axes.loglog(grid, (1 - (1 - grid / top) ** (depth + 1)) / grid, linestyle=line, label=f"after {depth} steps")
axes.plot(eigenvalues, 1 / eigenvalues, "o", color="#c24a00", label="eigenvalues of this problem")
axes.set(xlabel="eigenvalue", ylabel="what a component is multiplied by")
axes.legend()
plt.show()

# %% [markdown]
# ## 3. With batches
#
# In practice each step uses a few random rows. Their curvature differs from step to step, and its *largest* eigenvalue is much larger than
# that of all rows. So the safe scale is larger, too: about $\mu_{\max} + \operatorname{tr}(F_\text{data}) / B$ for batches of $B$ rows that are all alike. The
# library's `LiSSA()` takes a larger number than the trace where a few rows dominate. What happens at a quarter of that scale?

# %%
target = ax.MeanLoss("test")
exact_effects = np.asarray(ax.attribute(fit, target, method=ax.AFIF(solver=ax.Cholesky()), order=1))
trace = np.trace(F) - 1e-3 * (len(F) - 1)
for batch in (1, 8, 64):
    rule = top + trace / batch
    for share in (0.25, 1.0):
        solver = ax.LiSSA(scale=share * rule, depth=2000, repeats=4, batch_size=batch, seed=0)
        try:
            effects = np.asarray(ax.attribute(fit, target, method=ax.AFIF(solver=solver), order=1))
            error = np.linalg.norm(effects - exact_effects) / np.linalg.norm(exact_effects)
            print(f"batch {batch:2}, scale {share * rule:6.3f} ({share} x rule): effects are off by {error:.1%}")
        except ax.SolverDiverged as diverged:
            reason = str(diverged).partition(" (")[0]
            print(f"batch {batch:2}, scale {share * rule:6.3f} ({share} x rule): {reason}.")

# %% [markdown]
# The library does not return a diverged result: it raises an error that names a scale that would work. At the scale of the rule the run
# is stable. What is left is noise and, at the large scales of small batches, steps that are missing; larger batches help with both. And with
# everything automatic?

# %%
automatic = ax.attribute(fit, target, method=ax.AFIF(solver="lissa"), order=1)
error = np.linalg.norm(np.asarray(automatic) - exact_effects) / np.linalg.norm(exact_effects)
print(f"LiSSA with automatic scale and depth: the effects are off by {error:.1%}.")

# %% [markdown]
# ## 4. When not to use it
#
# LiSSA is a *solver*, not another estimate: if it converges it returns what a direct solver returns. With a few thousand parameters a
# Cholesky factor is faster and exact; conjugate gradients need about the square root of LiSSA's steps. LiSSA is for problems on which
# only products with a few rows are affordable.
#
# ## Exercises
#
# **Exercise 1.** With full batches and a scale of **twice** the largest eigenvalue: how many steps does it take until the error along the
# *slowest* direction has shrunk to a thousandth, 0.001? (Each step multiplies it by the contraction; the start counts as 1.)

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
slowest = np.abs(1 - eigenvalues / (2 * top)).max()
answer_1 = int(np.ceil(np.log(1e-3) / np.log(slowest)))

# %%
exercises.check("04.1", answer_1)

# %% [markdown]
# **Exercise 2.** What is the smallest scale at which full-batch LiSSA on this problem does not diverge (the limit, to 1 %)?

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
answer_2 = top / 2

# %%
exercises.check("04.2", answer_2)

# %% [markdown]
# ## Take-away
#
# - Full-batch LiSSA diverges below half the largest eigenvalue; batches need a larger scale: largest eigenvalue plus trace over batch size.
# - Depth: scale over smallest eigenvalue, times the log of the accuracy.
# - Stopping early leaves out the flat directions; more steps help only if the scale is right.
# - It is a solver. Check it against a direct one on a small problem.
#
# Next: `05_lasso.ipynb`.
