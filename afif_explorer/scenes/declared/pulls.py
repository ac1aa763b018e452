"""4 Pulls and stiffness."""

from afif_explorer.scenes.scene import Answer, Question, Scene, choice, points

PULLS = Scene(
    "pulls",
    4,
    "Pulls and stiffness",
    lead="A model with two weights and no intercept: its parameters are one point in a bowl. "
    "Every row pulls at it along an arrow, and at the bottom all pulls cancel.",
    belief="Often believed: a row with a similar gradient is an influential row, and without a "
    "row the parameters follow its pull.",
    ask="Row 14 is removed, so its arrow is gone. Which way does the point in the bowl move?",
    bets=("Along row 14's arrow", "Against row 14's arrow", "Not at all: pulls cancel"),
    right=1,
    moves="Choose rows. Switch the curvature off: the step then follows the gradient alone, and "
    "misses where the bowl is long and narrow.",
    explanation="The pull that is missing no longer holds the others, so the parameters move "
    "against it; and they move far where the bowl is flat, which only the curvature knows.",
    question=Question(
        "Two rows have equally long pulls. Whose removal moves the parameters further?",
        (
            Answer("It is the same for both", "The bowl is not equally steep in all directions."),
            Answer(
                "The one that pulls along the flat direction",
                "Movement is pull divided by stiffness.",
                right=True,
            ),
            Answer(
                "The one that pulls along the steep direction", "A stiff direction gives way least."
            ),
        ),
    ),
    points=points(
        "-1.09,-0.36,0; 1.68,0.56,1; -1.1,-0.97,0; 1.69,0.29,1; 1.62,0.08,0; -1.09,1.25,1; "
        "1.25,-0.32,0; -0.91,0.36,1; 0.49,-1.38,0; -0.42,0.96,1; -1.74,-0.53,0; 1.11,1.88,1; "
        "0.54,-0.6,0; 0.29,1.18,1; 1.55,-0.46,0; 0.54,0.16,1; -0.89,-0.17,0; 2.13,0.26,1; "
        "-1.43,-0.71,0; 2.6,0.97,1; -1.12,-0.69,0; 0.88,0.77,1"
    ),
    probe=(0.15, 0.83),
    rows=(14,),
    settings={"strength": 0.02, "curvature": 1.0},
    controls=(
        choice(
            "curvature",
            "Curvature",
            "Whether the step is divided by the curvature of the bowl.",
            "Off",
            "On",
        ),
    ),
)
