"""3 Whose question?"""

from afif_explorer.scenes.scene import Answer, Question, Scene, choice, points

QUESTION = Scene(
    "question",
    3,
    "Whose question?",
    lead="Two classes, circles and squares, and two groups: a hole marks the second. The same "
    "model is asked for the chance at ◇, for the loss there, and for the gap between the groups.",
    belief="Often believed: a row is good or bad in itself.",
    ask="36 rows have an effect on the chance at ◇. Asked about the gap between the groups "
    "instead, how many of them change the sign of their effect?",
    bets=("None, or a few", "About half", "Nearly all"),
    right=1,
    moves="Change the question, then drag ◇ across the line and watch the colours turn.",
    explanation="An effect belongs to a row and a question: the model moves the same way when the "
    "row leaves, but every target looks at that movement from another side.",
    question=Question(
        "An auditor calls a row harmful. What must be said with it?",
        (
            Answer(
                "Its label", "A rightly labelled row can widen a gap, a wrong one can close it."
            ),
            Answer("Harmful to what", "Without the target, an effect has no sign.", right=True),
            Answer(
                "Its leverage",
                "Leverage says how far the row can move the model, not which way.",
            ),
        ),
    ),
    points=points(
        "-1.09,0.88,0,1; 0.33,0.91,1,0; -1.48,-1.5,0,1; 2.03,1.16,1,0; -0.82,-0.39,0,0; "
        "1.39,0,1,0; -0.65,-0.64,0,0; -0.28,0.52,1,0; -0.08,0.6,0,1; -0.32,-0.07,1,0; "
        "-0.49,-0.34,0,1; -0.96,0.26,1,0; -0.2,-0.72,0,0; 0.82,1.21,1,0; -0.49,0.37,0,0; "
        "1.36,0.95,1,0; -2.05,0.89,0,0; 1.11,-1.46,1,0; -1.05,-0.69,0,1; 0.38,-2.08,1,1; "
        "-2.07,0.22,0,0; -1.53,0.28,1,1; 0.19,-0.83,0,1; 2.17,-1.03,1,0; -1.52,1.04,0,1; "
        "1.01,-0.19,1,1; -0.27,-0.3,0,1; 0.8,0.85,1,1; -0.82,-1.11,0,0; 0.33,-0.5,1,0; "
        "-2.24,1.04,0,1; 0.48,1.47,1,0; -0.05,-1.42,0,1; 0.03,-0.7,1,0; -0.87,-0.8,0,1; 1,0.69,1,0"
    ),
    probe=(-0.28, 0.74),
    rows=(21,),
    settings={"strength": 0.02},
    controls=(
        choice(
            "target",
            "The question",
            "The quantity whose change is shown.",
            "Chance at ◇",
            "Loss at ◇",
            "Gap",
        ),
    ),
)
