# %% [markdown]
# # Mislabelled data: does influence find the wrong labels?
#
# Some labels in your table are wrong, and you can afford to look at a few dozen rows. In which order do you look? Influence is a popular
# answer. In this lesson it competes with orders that cost nothing, and it does not always win.
#
# *Prerequisites:* lesson 02. *Time:* 30 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. rank rows by loss, margin, self-influence and influence, and say which of these are the same;
# 2. measure a ranking where the truth is known;
# 3. say when influence wins, and name two situations in which it loses.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import afif_explorer as ax
from afif_explorer import exercises

warnings.simplefilter("ignore")  # leverage and step sizes were the subject of lessons 02 and 07

# %% [markdown]
# ## 1. Spoil some labels
#
# We take clean data and flip the labels of a tenth of the training rows, at random. The validation and test rows stay clean.

# %%
clean = ax.load_dataset("breast_cancer")
parts = {"train": clean.train, "validation": clean.validation, "test": clean.test}
frame = pd.concat([each.frame.assign(part=name) for name, each in parts.items()]).sort_index()
names = sorted(frame["diagnosis"].unique())
flipped = np.random.default_rng(3).choice(clean.train.ids, len(clean.train) // 10, replace=False)
spoilt = frame.copy()
spoilt.loc[flipped, "diagnosis"] = spoilt.loc[flipped, "diagnosis"].map(dict(zip(names, names[::-1])))
data = ax.Dataset.from_frame(spoilt, target="diagnosis", roles={"part": "split"})
fit = ax.fit(data, model="logistic", penalty=ax.Ridge(1e-2))
ids, y = data.train.ids, data.train.y
wrong = np.isin(ids, flipped)
print(f"{wrong.sum()} of {len(ids)} training labels are wrong; the model trained on them has a test accuracy of {fit.metrics['accuracy']:.1%}.")

# %% [markdown]
# ## 2. Five ways to rank
#
# In this scene 8 of 60 labels are wrong. **Try:** audit ten rows by each of four rules. **Bet first:** which finds more of the wrong labels,
# the largest loss or the largest influence on the gap between the groups?

# %%
ax.notebook.scene("liar", link="#scene=liar&settings=rule:0")

# %% [markdown]
# Now on real data, with five rules:
#
# - **loss**: how little the model believes the label;
# - **margin**: $(2y - 1)$ times the log-odds, smallest first;
# - **self-influence**: how much the row's own loss would rise without it (memorised rows come first);
# - **influence on the validation loss**: without which rows would the loss on clean rows fall most;
# - **at random**.
#
# **Before you look:** two of these five are the same ranking. Which?

# %%
table = ax.diagnostics(fit)
p = fit.predict(data.train.X)
scores = {
    "loss": table["loss"],
    "margin": -(2 * y - 1) * np.log(p / (1 - p)),
    "self-influence": table["self_influence"],
    "influence": -np.asarray(ax.attribute(fit, ax.MeanLoss("validation"))),
    "random": np.random.default_rng(0).random(len(ids)),
}
ranking = {name: np.argsort(-np.asarray(score), kind="stable") for name, score in scores.items()}
print("Loss and margin give the same order:", bool(np.array_equal(ranking["loss"], ranking["margin"])))

# %% [markdown]
# For two classes the loss is $\log(1 + e^{-\text{margin}})$: one falls whenever the other rises. A paper that compares with "loss *and*
# margin" on a binary problem has one baseline, not two.

# %%
def found(rows, is_wrong=wrong, counts=(10, 20, 40, 80)):
    return {f"first {k}": f"{is_wrong[rows[:k]].sum()}" for k in counts}


pd.DataFrame({name: found(rows) for name, rows in ranking.items()}).T.rename_axis(f"of {wrong.sum()} wrong labels")

# %%
fig, axes = plt.subplots(figsize=(7, 4))
for (name, rows), line in zip(ranking.items(), ("-", ":", "--", "-.", (0, (1, 3)))):
    axes.plot(np.arange(1, len(ids) + 1), wrong[rows].cumsum(), linestyle=line, label=name)
axes.set(xlabel="rows looked at", ylabel="wrong labels found")
axes.legend()
plt.show()

# %% [markdown]
# How far apart are the lines, and what did each cost? The loss costs one prediction; influence costs a solve and **clean validation
# labels**.
#
# ## 3. Where influence loses: dirty validation labels
#
# Influence asks what hurts the validation rows. What if their labels are as wrong as the training labels? Spoil them in the same way.

# %%
dirty = spoilt.copy()
more = np.random.default_rng(4).choice(clean.validation.ids, len(clean.validation) // 4, replace=False)
dirty.loc[more, "diagnosis"] = dirty.loc[more, "diagnosis"].map(dict(zip(names, names[::-1])))
dirty_fit = ax.fit(ax.Dataset.from_frame(dirty, target="diagnosis", roles={"part": "split"}), model="logistic", penalty=ax.Ridge(1e-2))
on_dirty = np.argsort(np.asarray(ax.attribute(dirty_fit, ax.MeanLoss("validation"))))
pd.DataFrame(
    {"loss": found(ranking["loss"]), "influence, clean validation": found(ranking["influence"]), "influence, dirty validation": found(on_dirty)}
).T

# %% [markdown]
# ## 4. Errors with a direction
#
# Wrong labels are often *directed*: somebody was treated unfairly. In `hiring`, qualified applicants of one group were marked "rejected".
# An auditor who suspects that can use a **group-aware baseline**: rank by loss, but only those of the group who were rejected.

# %%
hiring = ax.load_dataset("hiring")
model = ax.fit(hiring, model="logistic", penalty=ax.Ridge(1e-3))
planted = np.isin(hiring.train.ids, hiring.planted)
facts = ax.diagnostics(model)
people = hiring.train.frame
suspect = ((people["group"] == "green") & (people["hired"] == "rejected")).to_numpy()
gap = ax.DemographicParityDifference("group", split="validation", favourable="hired")
orders = {
    "loss": np.argsort(-facts["loss"].to_numpy()),
    "loss in the group": np.argsort(-np.where(suspect, facts["loss"], -1)),
    "self-influence": np.argsort(-facts["self_influence"].to_numpy()),
    "influence on the validation loss": np.argsort(np.asarray(ax.attribute(model, ax.MeanLoss("validation")))),
    "influence on the gap": np.argsort(np.asarray(ax.attribute(model, gap))),
}
summary = pd.DataFrame({name: found(rows, planted, (20, 50, 100, 140)) for name, rows in orders.items()}).T
summary.rename_axis(f"of {planted.sum()} planted labels")

# %%
first = {name: planted[rows[:100]].sum() for name, rows in orders.items()}
best = max(first, key=first.get)
print(f"Among the first 100 rows, '{best}' finds most ({first[best]}); influence on the gap finds {first['influence on the gap']}, "
      f"plain loss {first['loss']}.")

# %% [markdown]
# These errors have a direction, and the clean validation labels show it: here influence on the validation loss is far better than the
# plain loss, and about as good as an auditor who knows where to look. Influence wins where wrong labels pull *together*.
#
# Back to section 1, where labels were flipped at random. Perhaps influence finds fewer wrong labels there, but those that cost most?
# **Guess,** then retrain without the first rows of each list:

# %%
before = fit.metrics["mean_loss"]
test = ax.MeanLoss("test")
k = 40
pd.Series(
    {name: before + ax.retrain(fit, ids[rows[:k]]).effects(test)[test] for name, rows in ranking.items() if name != "margin"},
    name=f"test loss, retrained without the first {k} rows (before: {before:.3f})",
).round(4).to_frame()

# %% [markdown]
# Not here: an effect asks what happens if *one* row leaves and all others, also the wrong ones, stay. Where many labels are wrong, the
# model has adapted to them, and the first rows of the list are not the best set to remove.
#
# ## Exercises
#
# **Exercise 1.** How many of the wrong labels of section 1 are among the first **60** rows by *self-influence*?

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
answer_1 = wrong[ranking["self-influence"][:60]].sum()

# %%
exercises.check("09.1", answer_1)

# %% [markdown]
# **Exercise 2.** An auditor of `hiring` can look at twenty rows. Which twenty does the group-aware baseline of section 4 put first? Give their
# ids.

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
answer_2 = hiring.train.ids[orders["loss in the group"][:20]]

# %%
exercises.check("09.2", answer_2)

# %% [markdown]
# **To think about.** You found forty suspicious rows. Would you delete them, relabel them, or ask somebody? What does each do to rare but
# correct cases?
#
# ## Take-away
#
# - For two classes, loss and margin are one ranking.
# - Influence on a validation loss needs clean validation labels; with dirty ones it may lose to the plain loss.
# - Influence wins where errors have a direction that clean validation labels reveal; for labels flipped at random the loss is better.
# - A baseline that uses how labels go wrong, such as the loss within one group, can be as good as influence.
# - Report a baseline that costs nothing beside every ranking by influence.
#
# Next: `10_networks.ipynb`.
