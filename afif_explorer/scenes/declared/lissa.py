"""8 LiSSA."""

from afif_explorer.scenes.scene import Answer, Control, Question, Scene, points

LISSA = Scene(
    "lissa",
    8,
    "LiSSA, step by step",
    lead="Influence needs the inverse of the curvature. LiSSA never inverts: it repeats one cheap "
    "step, u ← b + u − C u / scale, and walks towards the answer.",
    belief="Often believed: more steps always help.",
    ask="The scale is 0.45 of the largest eigenvalue. What do more steps do?",
    bets=(
        "The error falls, slowly",
        "The error stops at some level",
        "The error grows without end",
    ),
    right=2,
    moves="Move the scale above 0.5, then to 1. Play the steps. Use batches of a few rows and see "
    "where the error stops falling.",
    explanation="Each step multiplies the error along an eigen-direction by 1 − λ / scale. If the "
    "scale exceeds half the largest eigenvalue, all these factors are below 1 in size; flat "
    "directions are slow, and batches leave noise that no number of steps removes.",
    question=Question(
        "With batches of 2 rows the error stays near one level however many steps are taken. What "
        "helps?",
        (
            Answer("More steps", "The noise is renewed in every step."),
            Answer(
                "A larger scale or larger batches",
                "Both make the noise of a step smaller; a larger scale then needs more steps.",
                right=True,
            ),
            Answer("A smaller scale", "That makes each step longer and the noise larger."),
        ),
    ),
    points=points(
        "0.69,0.68,0; 0.5,0.34,1; -1.59,-1.45,0; 0.57,0.69,1; -1.35,-1.2,0; -0.29,-0.39,1; "
        "-0.16,0.37,0; 0.25,-0.12,1; -0.85,-1.01,0; 0.26,0.19,1; 1.48,0.91,0; -1.86,-1.31,1; "
        "-0.7,-0.57,0; 1.41,1.49,1; -1.41,-0.51,0; 1.17,0.6,1; 0.92,0.73,0; 0.66,1.13,1; "
        "0.36,0.61,0; 1.67,1.24,1; -2.13,-1.5,0; 1.01,1.14,1; -1.6,-1.08,0; -0.71,-1.01,1; "
        "-0.54,0.09,0; -0.17,-0.76,1; -1.04,-0.41,0; 1.54,0.7,1; 0.63,0.2,0; 0.11,0.15,1"
    ),
    probe=(0.6, -0.4),
    rows=(17,),
    settings={"strength": 0.01, "scale": 0.45, "depth": 30.0, "batch": 0.0},
    controls=(
        Control(
            "scale",
            "Scale, in largest eigenvalues",
            "How much each step is shortened. At 0.5 and below the steps diverge.",
            0.3,
            3,
            0.05,
            unit=" λmax",
        ),
        Control("depth", "Steps", "How many steps are taken.", 1, 200, 1),
        Control(
            "batch", "Rows in a batch (0: all)", "How many random rows each step sees.", 0, 16, 1
        ),
    ),
)
