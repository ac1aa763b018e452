# %% [markdown]
# ## 8. Take the rows away
#
# What happens if the strongest suspects go? The formula can predict that as well, without training: add up the missing pulls,
# then divide by the stiffness as before (people call it **unlearning**). Then we train again to see.

# %%
few = 20
predicted = ax.unlearn(fit, ids[suspects[:few]], method=plain, targets=[test_gap]).effects[test_gap]
true_change = ax.retrain(fit, ids[suspects[:few]]).effects([test_gap])[test_gap]
print(f"The gap now:       {100 * now:5.1f} percentage points")
print(f"predicted without: {100 * (now + predicted):5.1f}")
print(f"trained again:     {100 * (now + true_change):5.1f}")
print(f"{few / n:.1%} of the rows go, and the gap changes by {true_change / now:+.0%};")
print(f"the prediction is {predicted / true_change:.0%} of the true change.")

# %% [markdown]
# The prediction has the right sign; compare its size with the true change.
#
# ## 9. When does it fail?
#
# The formula is the slope at a row's full weight; removing the row turns its weight all the way down to zero. **Try:** drag the
# dial down the curve, then choose other rows. **Bet first:** does the slope say too little or too much about the first row?

# %%
ax.notebook.scene("weight")

# %% [markdown]
# The formula asks *how stiff do the others hold the parameters?*, and answers with the stiffness of **all** rows, the
# removed ones included. For one ordinary row that makes hardly a difference. For many it does: the rows that are left
# hold the parameters less, and they move further than the formula says. So by default the package takes the removed rows
# out of the stiffness as well: the column *corrected*. (The next lesson says how.)

# %%
counts = [1, 10, 20, 40, 80, 120, 160, 200]
table = pd.DataFrame(index=pd.Index(counts, name="rows removed"))
for k in counts:
    gone = ids[suspects[:k]]
    corrected = ax.unlearn(fit, gone, targets=[test_gap])
    table.loc[k, "formula"] = 100 * ax.unlearn(fit, gone, method=plain, targets=[test_gap]).effects[test_gap]
    table.loc[k, "corrected"] = 100 * corrected.effects[test_gap]
    table.loc[k, "trained again"] = 100 * ax.retrain(fit, gone).effects([test_gap])[test_gap]
    table.loc[k, "trust"] = corrected.reach.level
table.round(2)

# %%
fig, axes = plt.subplots(figsize=(7, 4))
for name, line in {"formula": "^:", "corrected": "o--", "trained again": "s-"}.items():
    axes.plot(counts, table[name], line, label=name)
axes.set(xlabel="rows removed", ylabel="change of the gap (percentage points)")
axes.legend()
plt.show()

# %% [markdown]
# The lines part as more rows go: even the corrected one is a single step on a landscape that bends. (A change larger than the gap
# means that the other group is ahead now.) The column *trust* is the package's own warning about its corrected step, computed
# **without** retraining. It comes with a reason:

# %%
for k in (counts[0], counts[-1]):
    row_of = table.loc[k]
    shares = row_of["formula"] / row_of["trained again"], row_of["corrected"] / row_of["trained again"]
    print(f"{k} rows: the formula predicts {shares[0]:.0%} of the true change, corrected {shares[1]:.0%}.")
    print(ax.unlearn(fit, ids[suspects[:k]]).reach.text, end="\n\n")
