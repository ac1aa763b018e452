"""10 Find the liar, be fair."""

from afif_explorer.scenes.scene import Answer, Control, Question, Scene, choice, points

LIAR = Scene(
    "liar",
    10,
    "Find the liar, be fair",
    lead="60 people in two groups (a hole marks the second); 8 labels are wrong. You may audit "
    "ten rows, chosen by one of four rules, and the audited rows are removed.",
    belief="Often believed: influence finds wrong labels better than loss does, a gap of 0 is "
    "fair, and what is removed is forgotten.",
    ask="Which rule finds more of the wrong labels: the largest loss, or the largest influence on "
    "the gap between the groups?",
    bets=("The largest loss", "The influence on the gap", "They are about equal"),
    right=0,
    moves="Choose a rule and how many rows to audit. With the influence on the gap, watch the gap "
    "close, and see who is removed and what it costs.",
    explanation="For a model with one output, loss and margin give the same order, since the loss falls "
    "as the margin rises. Influence answers the question it was asked: which rows open the gap. Removing "
    "those closes it whether or not their labels were wrong, right labels are lost with them, and one "
    "step of unlearning leaves traces that a refit does not.",
    question=Question(
        "Ten rows were removed and the gap is now nearly 0. What has been shown?",
        (
            Answer(
                "The model is fair", "One number is small; see the agreement with the right labels."
            ),
            Answer(
                "The ten rows were wrong", "By influence on the gap, all ten had the right label."
            ),
            Answer(
                "That this gap depended on these rows",
                "And no more: errors, other gaps and who was removed have to be reported too.",
                right=True,
            ),
        ),
    ),
    points=points(
        "1.13,-0.44,0,3; -0.83,-0.25,1,2; -1.91,-0.33,1,2; -0.32,-0.52,0,1; -1.44,0.16,1,2; "
        "0.35,1.4,1,0; 2.65,-0.15,0,3; -2.13,-1.67,0,0; 0.51,0.59,1,0; 1.32,-0.33,0,3; "
        "-2.17,-1.1,0,0; -0.57,-1.59,0,0; 1.27,0.84,0,3; 1.59,0,1,0; 0.46,-0.07,1,0; "
        "2.4,0.97,0,3; 0.25,-0.04,1,0; -1.21,-1.09,0,0; -1.45,0.42,0,1; 0.32,0.31,1,0; "
        "-1.91,1.6,0,0; -0.49,-0.32,0,1; -1.08,-0.82,0,0; -0.64,0.82,0,0; 0.27,0.44,0,1; "
        "-1.08,-0.43,0,0; 0.12,0.54,1,0; 1.12,-1.21,1,1; 0.23,0.09,1,0; 0.96,0.34,1,0; "
        "-0.95,0.1,1,1; 0.68,2.22,1,0; -0.5,-1.05,0,0; 0.8,-0.43,1,1; -1.59,1.24,0,0; "
        "0.69,0.85,1,0; 0.24,-0.62,0,1; 0.13,1.43,1,0; 2.79,-0.99,1,0; -0.34,-0.15,0,1; "
        "-0.23,1.17,1,0; 0.86,1.37,1,0; 1.51,0.84,1,1; -1.12,-1.22,0,0; 2.05,-0.4,1,0; "
        "0.84,1.15,1,1; 0.76,0.44,1,0; -1.67,-0.55,0,0; -0.92,1.1,0,1; -0.29,0.82,0,0; "
        "-2.67,-1.07,0,0; 0.27,-0.91,1,1; -0.81,-0.77,0,0; 0.04,-0.05,0,0; 2.36,1.1,1,1; "
        "1.81,1.03,1,0; -1.4,1.04,0,0; 1.37,0.15,1,1; -1.16,0.16,0,0; 1.44,1.34,1,0"
    ),
    rows=(),
    target="gap",
    settings={"strength": 0.02, "rule": 3.0, "count": 10.0},
    controls=(
        choice(
            "rule",
            "Audit by",
            "The order in which rows are looked at.",
            "Loss",
            "Smallest margin",
            "Self-influence",
            "Influence on the gap",
        ),
        Control("count", "Rows to audit and remove", "From the top of the order.", 1, 20),
    ),
)
