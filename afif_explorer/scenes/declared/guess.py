"""1 Guess the row."""

from afif_explorer.scenes.scene import Answer, Question, Scene, points

GUESS = Scene(
    "guess",
    1,
    "Guess the row",
    lead="Each point is a training row of one of two classes. The line is where a logistic "
    "regression is undecided, and ◇ is a person it has not seen.",
    belief="Often believed: the nearest row matters most to a prediction, or the one that is most "
    "wrong.",
    ask="Which single row, if it were removed, would change the chance at ◇ most? Click the "
    "point, then remove it.",
    moves="Click a point to choose it. Drag ◇ or any point; the arrow keys move ◇, comma and full "
    "stop change the row.",
    explanation="A row matters through the whole model: it tilts the line by its residual times "
    "its leverage, and what counts is whether ◇ lies where the line moves.",
    question=Question(
        "Which rows should you look at first, to explain one prediction?",
        (
            Answer(
                "The nearest ones",
                "Near rows share the prediction; they need not have moved the line.",
            ),
            Answer(
                "The ones with the largest loss",
                "A large residual needs leverage in the direction of ◇ as well.",
            ),
            Answer(
                "The ones with the largest effect",
                "The effect is the question itself: what changes without the row.",
                right=True,
            ),
        ),
    ),
    points=points(
        "-0.8,-1.75,0; -0.91,1.01,1; -2.28,-1.29,0; -1.71,-0.46,1; -1.24,-0.54,0; -0.35,0.9,1; "
        "0.43,-1.63,0; 1.32,0.09,1; -1.62,-0.85,0; 0.77,0.49,1; 0.71,-1.01,0; 2.71,-0.73,1; "
        "-1.72,1.3,0; 2.07,0.43,1; -1.29,-0.76,0; 1.2,1.67,1; -1.6,-1.32,0; -0.36,-0.31,1; "
        "-1.77,0.35,0; 0.23,0.17,1; -0.49,-0.51,0; 0.57,1.94,1; -0.73,-0.19,0; 0.23,0.51,1"
    ),
    probe=(-0.35, 0.47),
    rows=(5,),
    settings={"strength": 0.02},
)
