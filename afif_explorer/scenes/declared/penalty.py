"""7 Penalty and separation."""

from afif_explorer.scenes.scene import Answer, Control, Question, Scene, choice, points

PENALTY = Scene(
    "penalty",
    7,
    "Penalty and separation",
    lead="The same 24 rows under a weak or a strong penalty, with the classes mixed or pulled "
    "apart.",
    belief="Often believed: influence belongs to the row.",
    ask="At strength 0.003, row 0 is the most influential for the chance at ◇. Is it still at "
    "strength 0.3?",
    bets=("Yes, and equally strong", "Yes, but weaker", "No, another row is"),
    right=2,
    moves="Change the strength. Pull the classes apart until a line separates them, then take the "
    "penalty away.",
    explanation="The penalty stiffens the model: leverages shrink, and other rows come first. "
    "Without it, separable classes leave the model without a minimum, its curvature goes to 0 and "
    "influence is not defined.",
    question=Question(
        "You report the ten most influential rows. What belongs in the report?",
        (
            Answer("The rows only", "With another penalty it would be other rows."),
            Answer(
                "The model and its penalty", "Influence is a statement about this fit.", right=True
            ),
            Answer(
                "The size of the data set",
                "It scales effects, but it does not say which rows lead.",
            ),
        ),
    ),
    points=points(
        "0.89,-0.64,0; -0.22,-0.15,1; -0.63,0.54,0; 1.47,1.18,1; -0.39,1.05,0; 1.2,0.49,1; "
        "-0.9,0.24,0; 1.05,1.78,1; 0.35,-2.25,0; 1.7,0.5,1; -0.52,-1.79,0; 0.19,0.79,1; "
        "-1.03,2.01,0; 1.25,-2.29,1; -1.54,0.64,0; 0.68,-1.28,1; -1.27,-0.69,0; 0.06,-0.17,1; "
        "-1.08,1.33,0; -0.03,-1.18,1; -0.79,-1.54,0; 1.63,1.01,1; -1.38,-0.1,0; -0.12,0.11,1"
    ),
    probe=(0.06, 1.34),
    rows=(0,),
    settings={"strength": 0.003, "apart": 0.0, "unpenalised": 0.0},
    controls=(
        Control(
            "strength",
            "Strength of the penalty",
            "The factor of the penalty: the larger, the smaller the weights.",
            0.001,
            1,
            0.001,
            logarithmic=True,
        ),
        Control("apart", "Classes pulled apart by", "0: as they are.", 0, 3, 0.1),
        choice("unpenalised", "Penalty", "Whether there is one.", "With", "Without"),
    ),
)
