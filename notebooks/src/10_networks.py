# %% [markdown]
# # Networks: which truth, which training?
#
# For a network "the model without this row" is not one thing. Refit from the old parameters, or from a new start? Train to the end, or for as
# long as before? Influence answers one of these questions, and you have to know which. In the end, a transformer.
#
# *Prerequisites:* lesson 03. *Time:* 40 minutes. *Nothing is downloaded.*
#
# After this lesson you can
#
# 1. separate the effect of a row from that of the random start;
# 2. bring a network that you trained yourself, with your own loop as the truth;
# 3. say how training time acts like damping;
# 4. attribute a transformer's loss to its training sequences.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from torch import nn

import afif_explorer as ax
from afif_explorer import exercises

warnings.simplefilter("ignore")  # a network stopped early warns on purpose; the text says what of
data = ax.load_dataset("breast_cancer")
target = ax.MeanLoss("test")

# %% [markdown]
# ## 1. A row, or a seed?
#
# Remove a row and train again from *another* random start. How much of the change is the row's doing? **Try:** change the *start of
# training* of this network and note how far its chance at ◇ lies apart; then step through the rows. **Bet first:** how many of the 40 rows
# move the chance further than another start does: most, about half, or a few?

# %%
ax.notebook.scene("network")

# %% [markdown]
# The same with a network on real data. **Guess** before you look: is the spread over starts smaller or larger than the effect of the most
# influential row?

# %%
for strength in (1e-2, 1e-3):
    fits = [ax.fit(data, model="mlp", hidden=(3,), penalty=ax.Ridge(strength), seed=seed) for seed in range(4)]
    losses = [target.bind(f).value(f.objective.vector(f.theta)) for f in fits]
    print(f"Penalty {strength}: test loss from four starts {', '.join(f'{loss:.4f}' for loss in losses)}")

# %%
network = ax.fit(data, model="mlp", hidden=(3,), penalty=ax.Ridge(1e-2))
effects = ax.attribute(network, target)
top = effects.top(3)
refits = ax.retrain_each(network, top, target)
by_hessian = np.asarray(ax.attribute(network, target, method=ax.InfinitesimalJackknife()))
places = [network.ids.tolist().index(row) for row in top]
pd.DataFrame(
    {"warm refit": refits.effects, "AFIF": np.asarray(effects)[places], "Hessian": by_hessian[places]}, index=pd.Index(top, name="row")
).round(5)

# %% [markdown]
# Compare the spread over starts with the effects. Where starts end in different minima, a comparison *across* starts mixes two causes; only
# a **warm** refit, from the fitted parameters, shows what the row does. A stronger penalty leaves fewer minima.
#
# These are the three strongest rows *by prediction*: some predictions are far too large. A network moves a long way without a row like
# these, and one step on a curved landscape overshoots. Never quote the top of a list without a refit of the top.
#
# Two warm retrainings were compared in lesson 03: the refit and the Bregman response. Here they are again for the effects, with rows at
# random.

# %%
rows = network.ids[np.random.default_rng(1).choice(network.n, 10, replace=False)]
place = [network.ids.tolist().index(row) for row in rows]
truths = {"warm refit": ax.retrain_each(network, rows, target).effects, "Bregman response": ax.bregman_response_each(network, rows, target).effects}
estimates = {"AFIF": np.asarray(effects)[place], "Hessian": by_hessian[place]}
pd.DataFrame({name: {what: np.corrcoef(e, t)[0, 1] for what, t in truths.items()} for name, e in estimates.items()}).round(4)

# %% [markdown]
# ## 2. Your own training loop
#
# Real networks are trained by a loop that stops at some point. `ax.from_trained` takes the module where it is, and your loop as the definition
# of retraining: a function that gets the module and the rows to keep.

# %%
X = torch.tensor(data.train.X, dtype=torch.float32)
y = torch.tensor(data.train.y, dtype=torch.float32)
rate = 0.5


def train(module, keep, steps):
    """Full-batch gradient descent; removed rows get no weight, and n stays the full count."""
    weights = torch.as_tensor(keep, dtype=torch.float32)
    for _ in range(steps):
        loss = (weights * nn.functional.binary_cross_entropy_with_logits(module(X).squeeze(1), y, reduction="none")).sum() / len(y)
        loss = loss + 1e-2 * module[0].weight.square().sum() / 2 + 1e-2 * module[2].weight.square().sum() / 2
        module.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter -= rate * parameter.grad
    return module


def trained(steps, keep=np.ones(len(y))):
    torch.manual_seed(0)
    return train(nn.Sequential(nn.Linear(X.shape[1], 3), nn.Tanh(), nn.Linear(3, 1)), keep, steps)


X_test, y_test = torch.tensor(data.test.X, dtype=torch.float32), torch.tensor(data.test.y, dtype=torch.float32)


def test_loss(module):
    with torch.no_grad():
        return float(nn.functional.binary_cross_entropy_with_logits(module(X_test).squeeze(1), y_test))


own = ax.from_trained(trained(300), X, y, "bernoulli", penalty=ax.Ridge(1e-2), test=(X_test, y_test))
own

# %% [markdown]
# The fit says how far from a minimum it is. That matters, because influence assumes a minimum.
#
# ## 3. Training time is damping
#
# After $K$ steps of gradient descent with rate $\eta$, directions of small curvature have hardly been learned yet. Retraining *for the same
# time* moves along them only by $(1 - (1 - \eta\mu)^K)/\mu$ instead of $1/\mu$: the same filter as LiSSA with depth $K$ and scale $1/\eta$
# (lesson 04). **Damping** does nearly the same: $1/(\mu + \delta)$ with $\delta \approx 1/(\eta K)$.
#
# Test it: train for 30, 100 and 400 steps, and each time retrain without some rows *for as long*. Which damping predicts best?

# %%
chosen = np.arange(0, len(y), 57)
chosen = np.union1d(chosen, np.argsort(-np.abs(np.asarray(effects)))[:5])
dampings = [0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
result = {}
for steps in (30, 100, 400):
    module = trained(steps)
    before = test_loss(module)
    truth = []
    for i in chosen:
        keep = np.ones(len(y))
        keep[i] = 0
        truth.append(test_loss(trained(steps, keep)) - before)
    fitted = ax.from_trained(module, X, y, "bernoulli", penalty=ax.Ridge(1e-2), test=(X_test, y_test))
    result[f"{steps} steps"] = {
        damping: np.corrcoef(np.asarray(ax.attribute(fitted, target, method=ax.AFIF(damping=damping, leverage_correction=False), order=1))[chosen], truth)[0, 1]
        for damping in dampings
    }
agreement = pd.DataFrame(result).rename_axis("damping")
agreement.round(3)

# %%
fig, axes = plt.subplots(figsize=(6.5, 3.8))
for (name, values), line in zip(agreement.items(), (":", "--", "-")):
    axes.plot([str(d) for d in dampings], values, "o" + line, label=name)
axes.set(xlabel="damping", ylabel="correlation with retraining for as long")
axes.legend()
plt.show()
for name, values in agreement.items():
    print(f"{name}: 1 / (rate x steps) = {1 / (rate * int(name.split()[0])):.4f}; the best damping tried is {values.idxmax()}")

# %% [markdown]
# The rule gives the direction and the order of magnitude, not the best value: compare the two numbers in each line.
#
# The right damping is not a nuisance parameter that one tunes until the numbers look nice. It says *how long* the retraining lasts whose
# result you want to predict.
#
# ## 4. A transformer
#
# Any module of torch will do. Here is a tiny transformer that reads sequences of four tokens and says whether the first token occurs again.
# Some training labels are flipped. Does influence find them?

# %%
torch.manual_seed(0)
tokens = torch.randint(0, 5, (160, 4))
labels = (tokens[:, 1:] == tokens[:, :1]).any(1).double()
turned = torch.randperm(120)[:8]
noisy = labels[:120].clone()
noisy[turned] = 1 - noisy[turned]


class Reader(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.embed = nn.Embedding(5, width)
        self.position = nn.Parameter(0.1 * torch.randn(4, width))
        self.block = nn.TransformerEncoderLayer(width, 2, 16, dropout=0.0, batch_first=True)
        self.head = nn.Linear(width, 1)

    def forward(self, rows):
        return self.head(self.block(self.embed(rows) + self.position).mean(1))


reader = Reader().double()
optimiser = torch.optim.Adam(reader.parameters(), lr=0.01, weight_decay=1e-3)
for _ in range(150):
    optimiser.zero_grad()
    nn.functional.binary_cross_entropy_with_logits(reader(tokens[:120]).squeeze(1), noisy).backward()
    optimiser.step()
read = ax.from_trained(reader.eval(), tokens[:120], noisy, "bernoulli", penalty=ax.Ridge(1e-3), test=(tokens[120:], labels[120:]))
on_test = ax.attribute(read, target, method=ax.AFIF(damping=0.01, leverage_correction=False), order=1)
print(f"{read.theta.size} parameters, test accuracy {read.metrics['accuracy']:.0%}")

# %%
wrong = np.zeros(120, dtype=bool)
wrong[turned.numpy()] = True
with torch.no_grad():
    loss = nn.functional.binary_cross_entropy_with_logits(reader(tokens[:120]).squeeze(1), noisy, reduction="none").numpy()
for name, order in {"influence on the test loss": np.argsort(np.asarray(on_test)), "loss": np.argsort(-loss)}.items():
    print(f"{name}: {wrong[order[:8]].sum()} of the {wrong.sum()} flipped labels are among the first 8, {wrong[order[:24]].sum()} among the first 24.")

# %% [markdown]
# The same call worked for attention as for a logistic regression. How far to trust it is another question: this network is not at a minimum, so
# the answer depends on the damping, and the plain loss is the baseline to beat (lesson 09).
#
# ## Exercises
#
# **Exercise 1.** By the link between training time and damping: which damping corresponds to **250** steps at the rate of section 2?

# %% tags=["exercise"]
answer_1 = ...

# %% tags=["solution"]
answer_1 = 1 / (rate * 250)

# %%
exercises.check("10.1", answer_1)

# %% [markdown]
# **Exercise 2.** Along a direction of curvature 0.02, what *share* of the full step $1/\mu$ has a retraining of **30** steps at that rate taken?

# %% tags=["exercise"]
answer_2 = ...

# %% tags=["solution"]
answer_2 = 1 - (1 - rate * 0.02) ** 30

# %%
exercises.check("10.2", answer_2)

# %% [markdown]
# **To think about.** A report says: "We checked influence on our network against retraining; the correlation was 0.2." Which three questions
# would you ask?
#
# ## Take-away
#
# - Say which retraining you predict: warm or cold, refit or Bregman response, how long.
# - Differences between starts can be larger than the effect of any row.
# - Training time acts like damping: one over rate times steps.
# - Any torch module has effects; trust them as far as you have checked them.
#
# Next: `11_your_own.ipynb`.
