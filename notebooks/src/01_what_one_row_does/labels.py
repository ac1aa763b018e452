# %% [markdown]
# ## 7. Are there unfair labels, and does influence find them?
#
# A model is unfair in the sense of **demographic parity** if it gives one group higher chances than the other. The
# *gap* is the mean chance of one group minus that of the other. We rank on the validation rows and keep the test
# rows for the evaluation.

# %%
gap = ax.DemographicParityDifference("group", split="validation")
test_gap = ax.DemographicParityDifference("group", split="test")
now = ax.audit_fairness(fit, "group", split="test").disparities.loc["demographic_parity", "soft"]
print(f"On the test rows the groups' mean chances are {100 * now:.1f} percentage points apart.")

# %% [markdown]
# A target can be any quantity that depends on the parameters, including the gap. Which rows *widen* it? Those whose
# effect on it is most negative: without them the gap would be smaller.

# %%
on_gap = ax.attribute(fit, gap, method=ax.AFIF())
suspects = np.argsort(on_gap)  # the rows that widen the gap most come first
data.train.frame.iloc[suspects[:8]]

# %% [markdown]
# Now for the ground truth. In this table some well-qualified applicants of one group were **deliberately relabelled
# "rejected"**, among the training rows only; `data.planted` contains their row numbers. The ranking did not use this.
#
# Is it a good way to find them? To answer that, **compare it with baselines**. Here are four, and the first two need
# no influence function at all:
#
# - **loss**: the rows that the model finds least likely come first;
# - **loss, rejected only**: the same among the rejected. This assumes that we know *in which direction* labels are wrong;
# - **influence on the loss**: the rows whose removal lowers the mean loss on the validation rows most. This uses the
#   validation labels, which are clean here;
# - **at random**.

# %%
planted = np.isin(ids, data.planted)
on_loss = ax.attribute(fit, ax.MeanLoss("validation"), method=ax.AFIF())
by_loss = np.argsort(-own_loss)
rankings = {
    "influence on the gap": suspects,
    "loss": by_loss,
    "loss, rejected only": np.r_[by_loss[y[by_loss] == 0], by_loss[y[by_loss] == 1]],
    "influence on the loss": np.argsort(on_loss),
    "at random": np.random.default_rng(0).permutation(n),
}
print(f"{planted.sum()} of {n} labels were planted: {planted.mean():.0%} of the rows.")
print(f"Planted among the validation rows: {np.isin(data.validation.ids, data.planted).sum()}.")

# %%
cuts = (20, 50, 100, n // 10)
pd.DataFrame(
    {name: [f"{planted[rows[:k]].sum()} ({planted[rows[:k]].sum() / planted.sum():.0%})" for k in cuts]
     for name, rows in rankings.items()},
    index=pd.Index(cuts, name="rows looked at"),
).T.rename_axis("planted labels found (% of all of them)")  # fmt: skip

# %%
looked_at = 100 * np.arange(1, n + 1) / n
fig, axes = plt.subplots(figsize=(7, 4.5))
for (name, rows), line in zip(rankings.items(), ("-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)), ":")):
    axes.plot(looked_at, 100 * planted[rows].cumsum() / planted.sum(), linestyle=line, label=name)
axes.set(xlabel="rows looked at (% of all)", ylabel="unfair labels found (% of all)")
axes.legend()
plt.show()

# %%
tenth = {name: planted[rows[: n // 10]].sum() / planted.sum() for name, rows in rankings.items()}
gap_finds, loss_finds = tenth["influence on the gap"], tenth["loss, rejected only"]
verdict = "loses to" if gap_finds < loss_finds else "beats" if gap_finds > loss_finds else "equals"
print(f"In the first tenth of the list, influence on the gap finds {gap_finds:.0%} of the unfair labels;")
print(f"it {verdict} the plain ranking by loss among the rejected, which finds {loss_finds:.0%}.")
print(f"Ranking by loss alone finds {tenth['loss']:.0%};")
print(f"influence on the validation loss finds {tenth['influence on the loss']:.0%}.")

# %% [markdown]
# **When does influence win, and when not?**
#
# - *Finding wrong labels*: if you suspect that qualified people were rejected, you don't need an influence function; the
#   loss among the rejected is enough. The gap is a different question: a correct decision can widen it, and a wrong label
#   of an unusual person hardly affects it.
# - *Without such a suspicion*, the loss alone also finds rows that are merely unusual. Influence on the validation loss
#   measures what each row does to decisions that are known to be right, but it needs clean labels.
# - *Changing the gap* is what influence on the gap measures. Retrain without the top rows of each list:

# %%
removed = 100
gap_without = {
    name: now + ax.retrain(fit, ids[rows[:removed]]).effects([test_gap])[test_gap]
    for name, rows in rankings.items()
}
print(f"The gap on the test rows is {100 * now:.1f} percentage points. Trained again without the first {removed} rows:")
pd.Series({name: 100 * value for name, value in gap_without.items()}, name="gap (points)").round(1).to_frame()

# %% [markdown]
# Influence answers **the question that the target asks**. It shows which rows to inspect first; compare it with a simple
# baseline to see whether it helps.
