# %% [markdown]
# # What one row does
#
# A model is learnt from rows. When it makes a decision about a person, some of its training rows have pushed the
# decision up and others have pushed it down. In this lesson you find out **which rows, and by how much**: first by hand,
# then with a formula, then with one line of code.
#
# *Prerequisites:* Python, and logistic regression. *Time:* about 45 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. say what a single training row did to a prediction, and check it by retraining;
# 2. write the formula that predicts this without retraining, in ten lines;
# 3. use it to find unfair labels, compare it with simpler ways to find them, and say when the formula fails.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

import afif_explorer as ax
from afif_explorer import exercises

# %% [markdown]
# ## 1. A decision that looks wrong
#
# A company has made decisions about applicants for years. It now trains a model on those decisions: the **training rows**.
# The table is synthetic (it contains no real person), so that we know the truth about it later.

# %%
data = ax.load_dataset("hiring")
n = len(data.train)
print(f"{n} training rows, {len(data.test)} test rows")
data.train.frame.head()

# %% [markdown]
# The model is a logistic regression. It sees neither the group nor any other column in `data.sensitive`. A small
# **penalty** keeps its parameters small: `strength` times half of their squared norm.

# %%
strength = 1e-3
fit = ax.fit(data, model="logistic", penalty=ax.Ridge(strength))
d = data.train.X.shape[1]
print(f"The model sees {d} columns of numbers, such as: {', '.join(data.feature_names[:3])}.")
print(f"{fit.metrics['accuracy']:.0%} of the test rows are classified correctly.")

# %% [markdown]
# It is right about most people. But applicants of the *green* group complain, so let us look at one of them: among
# those in the test rows who *should* be hired and whom the model rejects, the one closest to the line at 50 %.

# %%
chance = fit.predict(data.test.X)  # the probability of "hired", for each test row
turned_down = data.test.frame.assign(chance=chance)
turned_down = turned_down.query("group == 'green' and hired == 'hired' and chance < 0.5")
candidate = turned_down["chance"].idxmax()
there = data.test.ids.tolist().index(candidate)  # the position among the test rows

print(f"Applicant {candidate} has a chance of {chance[there]:.1%}: rejected, though not by much.")
turned_down.loc[[candidate]]

# %% [markdown]
# **The question of this lesson:** which row of the past holds this applicant down, and how much does it weigh?
#
# ## 2. Guess first
#
# Begin with a table so small that you can see all of it: two columns, two classes. **Try:** click the row that you think matters
# most to the chance at ◇, then remove it. **Bet first:** will it be the nearest row, the most wrong one, or another?

# %%
ax.notebook.scene("guess")

# %% [markdown]
# Now the real table. One of these training rows lowers the applicant's chance more than any other row. Which one?

# %%
line_up = [480, 596, 840, 1291, 148]
data.train.frame.loc[line_up]

# %%
my_guess = None  # a row number from the table above, for example 148

# %% [markdown]
# ## 3. Find out by hand: train again without the row
#
# The reliable way to know what a row did is to remove it, retrain, and compare. Here it is with scikit-learn alone.
# Its `C` is one over *(rows times penalty)*; we keep it unchanged when a row is removed, so that nothing else changes.

# %%
def train(X, y):
    """Logistic regression with our penalty, trained to convergence."""
    return LogisticRegression(C=1 / (n * strength), solver="newton-cholesky", tol=1e-10).fit(X, y)


def chance_of(model):
    """The candidate's chance under a model."""
    return model.predict_proba(data.test.X[[there]])[0, 1]


X, y = data.train.X, data.train.y
before = chance_of(train(X, y))
print(f"With all rows, scikit-learn says {before:.4%}; our fit said {chance[there]:.4%}.")

# %% [markdown]
# The same model, from two libraries. Now without a row: the first one of the line-up.

# %%
ids = data.train.ids
row = ids.tolist().index(line_up[0])
after = chance_of(train(np.delete(X, row, axis=0), np.delete(y, row)))
print(f"Without row {ids[row]} the chance is {after:.2%}.")
print(f"So that row changes the applicant's chance by {(before - after) * 100:+.2f} percentage points.")

# %% [markdown]
# From now on we say it the other way round, as a prediction about a removal:
#
# > The **effect** of a row is the change if the row is **left out**: after minus before.
#
# A positive effect means: without this row the chance would be higher, so the row holds it *down*. Training again takes
# a moment for one row. Let us do it for every tenth row of the table, and the line-up.

# %%
where = [ids.tolist().index(i) for i in line_up]  # the positions of the line-up
tried = np.union1d(where, np.arange(0, n, 10))

start = time.perf_counter()
by_hand = np.array(
    [chance_of(train(np.delete(X, i, axis=0), np.delete(y, i))) - before for i in tried]
)
seconds = time.perf_counter() - start
print(f"{len(tried)} models trained in {seconds:.1f} s.")
print(f"Were one training to take an hour, all {n} rows would take {n / 24:.0f} days.")

# %% [markdown]
# That is the true effect, and it is too expensive for any larger model. So: can we predict it *without* retraining?
#
# ## 4. The formula, from scratch
#
# Training goes downhill: every row pulls at the parameters in the direction in which **its own loss falls**. With $g_i$
# the gradient of the loss of row $i$, that pull is $-g_i$. When training has finished, **all pulls cancel** (the penalty's
# is one of them): nothing moves any more.
#
# Take row $i$ away and its pull is missing. What is left of the others pulls the opposite way, by $+g_i / n$, and the
# parameters move until all is balanced again. How far depends on how stiff they are held: the **curvature** $C$.
#
# $$\theta_{\text{without } i} \;\approx\; \theta + \tfrac{1}{n}\, C^{-1} g_i$$
#
# In words: *the missing pull, turned round and divided by the stiffness*. The loss of the row that has gone can only
# rise: nothing holds it down any more.
#
# In the next drawing the arrows are pulls, and the parameters are a point at the bottom of a bowl. **Try:** remove the chosen row,
# then switch the curvature off. **Bet first:** will the point move along the row's arrow, or against it?

# %%
ax.notebook.scene("pulls")

# %% [markdown]
# Here is the formula in NumPy, for all rows at once.

# %%
A = np.column_stack([X, np.ones(n)])  # the inputs, and a 1 for the intercept
theta = fit.theta  # the weights, then the intercept
p = 1 / (1 + np.exp(-A @ theta))  # the chance of each training row
pulls = (y - p)[:, None] * A  # minus the gradient of each row's loss
stiffness = (A * (p * (1 - p))[:, None]).T @ A / n  # the curvature of the loss ...
stiffness += strength * np.diag([1] * d + [0])  # ... and of the penalty; the intercept has none
moves = -np.linalg.solve(stiffness, pulls.T) / n  # how the parameters move without each row

a = np.append(data.test.X[there], 1)  # the candidate
by_formula = before * (1 - before) * (a @ moves)  # what these moves do to the candidate's chance

# %% [markdown]
# No training, and one small system of equations for all rows. Is it right? First, do the pulls cancel?

# %%
total = pulls.mean(axis=0) - strength * np.append(theta[:-1], 0)  # the penalty pulls towards 0
print(f"The largest part of the total pull is {np.abs(total).max():.0e}: nothing moves any more.")
own_loss = -y * np.log(p) - (1 - y) * np.log(1 - p)
z = A @ theta + np.einsum("ij,ji->i", A, moves)  # each row seen by the model without it
lost = np.logaddexp(0, z) - y * z - own_loss
print(f"Without a row, its own loss rises for {(lost > 0).sum()} of {n} rows.")

# %% [markdown]
# And the rows of the line-up, in percentage points:

# %%
pd.DataFrame(
    {
        "trained again": 100 * by_hand[np.searchsorted(tried, where)],
        "by formula": 100 * by_formula[where],
    },
    index=pd.Index(line_up, name="row"),
).round(3)

# %% [markdown]
# Almost the same numbers. Here are all the rows that we tried: on the dotted line the formula is exactly right.

# %%
ends = [100 * by_hand.min(), 100 * by_hand.max()]
fig, axes = plt.subplots(figsize=(6, 4.5))
axes.plot(ends, ends, ":", color="0.4", label="equal")
axes.plot(100 * by_hand, 100 * by_formula[tried], ".", label="a training row")
axes.set(xlabel="effect by training again (percentage points)", ylabel="effect by the formula (percentage points)")
axes.legend()
plt.show()

# %%
slope = (by_hand @ by_formula[tried]) / (by_hand @ by_hand)
print(f"Correlation {np.corrcoef(by_hand, by_formula[tried])[0, 1]:.5f}, slope {slope:.3f}.")
print("A slope of 1 means that the sizes are right as well, not only the order.")

# %% [markdown]
# ## 5. The same in one line
#
# What you just wrote is an **influence function**. The package does it for every model it can train, for any target,
# and with curvatures that can be had for large models too. `AFIF` uses the *Fisher information* as its curvature; for
# logistic regression that is exactly the matrix you built above.

# %%
target = ax.Prediction("test", candidate)  # the candidate's chance
plain = ax.AFIF(leverage_correction=False)  # the formula as it stands
first = ax.attribute(fit, target, method=plain, order=1)
effects = ax.attribute(fit, target, method=plain, order=2)
print(f"Largest difference from your ten lines, order 1: {np.abs(first - by_formula).max():.0e}")
print(f"Largest difference from your ten lines, order 2: {np.abs(effects - by_formula).max():.0e}")

# %% [markdown]
# **Order 1** is what you wrote. Its last line multiplies the candidate's move $m_i$ (in log-odds) by the slope of the
# chance, $q (1 - q)$ with $q$ the chance now: it follows a straight line. The chance is an S-shaped curve of the log-odds,
# so for a larger move the line is a little off. **Order 2** adds the bend, $q (1 - q)(1 - 2 q)\, m_i^2 / 2$. Here that is
# one line more, and it explains the difference:

# %%
m = a @ moves
with_bend = by_formula + before * (1 - before) * (1 - 2 * before) * m**2 / 2
print(f"Largest difference from order 2: {np.abs(effects - with_bend).max():.0e}")
print(f"The largest bend is {100 * np.abs(with_bend - by_formula).max():.4f} percentage points, "
      f"the largest effect {100 * np.abs(effects).max():.2f}.")

# %% [markdown]
# ## 6. All rows at once
#
# Now we can rank every row of the past by what it does to this one applicant.

# %%
order = np.argsort(-effects)
strongest = np.r_[order[:8], order[-8:]]
data.train.frame.iloc[strongest].assign(effect=(100 * effects[strongest]).round(2))

# %%
fig, axes = plt.subplots(figsize=(7, 4.5))
axes.barh([f"row {i}" for i in ids[strongest]], 100 * effects[strongest],
          color=np.where(effects[strongest] > 0, "#c24a00", "#0a63ad"))
axes.invert_yaxis()
axes.set(xlabel="effect of leaving the row out on the chance (percentage points)")
plt.show()

# %%
top = ids[order[0]]
print(f"Row {top} holds the applicant down most: {100 * effects.max():.2f} percentage points.")
if my_guess is not None:
    print("You guessed it." if my_guess == top else f"You guessed {my_guess}; look at both rows again.")

# %% [markdown]
# Who are these people? Compare the two ends of the table with all rows, and with our applicant.

# %%
everybody, asker = data.train.frame, data.test.frame.loc[candidate]
ends_of = {"hold down": order[:8], "lift": order[-8:], "all rows": np.arange(n)}
pd.DataFrame(
    {
        "rejected": {k: (everybody["hired"].iloc[i] == "rejected").mean() for k, i in ends_of.items()},
        "as educated": {k: (everybody["education"].iloc[i] == asker["education"]).mean() for k, i in ends_of.items()},
        "same district": {k: (everybody["district"].iloc[i] == asker["district"]).mean() for k, i in ends_of.items()},
        "test score": {k: everybody["test score"].iloc[i].mean() for k, i in ends_of.items()},
    }
).round(2)

# %% [markdown]
# Why these rows? To first order, an effect is a **product of two numbers**:
#
# - the **surprise** of the row, $p_i - y_i$: how far the model's chance is from what was decided (negative for people who
#   were hired against the odds);
# - its **similarity** to the applicant, as the curvature measures it: $q (1 - q)\, a^\top C^{-1} a_i / n$.
#
# A row needs both. A decision that surprises nobody has no effect however similar the person, and a most surprising one
# has little effect if the person has nothing in common with the applicant.

# %%
surprise = p - y
similarity = before * (1 - before) * (A @ np.linalg.solve(stiffness, a)) / n
print(f"Largest difference between their product and the formula: {np.abs(surprise * similarity - by_formula).max():.0e}")


def place(values, i):
    """1 for the largest."""
    return int((np.abs(values) > abs(values[i])).sum()) + 1


told = {
    "the strongest": order[0],
    "the most surprising": np.argmax(np.abs(surprise)),
    "the most similar": np.argmax(np.abs(similarity)),
}
pd.DataFrame(
    [
        {
            "row": ids[i],
            "surprise": surprise[i],
            "its place": place(surprise, i),
            "similarity": similarity[i],
            "place of that": place(similarity, i),
            "effect (points)": 100 * effects[i],
            "place of the effect": place(effects, i),
        }
        for i in told.values()
    ],
    index=list(told),
).round(4)

# %% [markdown]
# So people much like our applicant were turned down although the model expects the opposite. Were those decisions right?

# %% include 01_what_one_row_does/labels.py

# %% include 01_what_one_row_does/removal.py

# %% include 01_what_one_row_does/exercises.py

# %% [markdown]
# **To think about.** The rows that you removed belong to people, too. When is it right to take rows out of a training
# set because they move a decision? What else could be done with a label that looks unfair?
#
# ## Take-away
#
# - The **effect** of a row is what changes if it is left out: after minus before.
# - *The missing pull, turned round and divided by the stiffness*, predicts it for all rows at once, without training again.
# - An effect is **surprise times similarity** to what is asked about: neither alone makes a row strong.
# - Compare influence with a **simple baseline**: for finding wrong labels, the loss may do as well.
# - For a few rows the formula is nearly exact. For many it underestimates the change, and `reach` says so: then retrain.
#
# Next: `02_influence_from_scratch.ipynb`; or open `00_explorer.ipynb` and do the same with sliders and a lasso.
