"""5 The weight dial."""

from afif_explorer.scenes.scene import Answer, Control, Question, Scene, points

WEIGHT = Scene(
    "weight",
    5,
    "The weight dial",
    lead="Every row counts once: weight 1. Turn the weight of one row down to 0 and it is "
    "removed; turn it up to 2 and it counts twice.",
    belief="Often believed: the influence of a row is the change when it is removed.",
    ask="Influence is the slope of this curve at weight 1, taken all the way to 0. For row 0, far "
    "out on the wrong side, how does it compare with true removal?",
    bets=("It says too little", "It is the same", "It says too much"),
    right=0,
    moves="Drag the ring on the curve, or the slider. Choose other rows: for most of them the "
    "tangent is good enough.",
    explanation="Influence is the tangent at weight 1. It misses the bend of the curve, which is "
    "large where the row has leverage: the row's own share of the curvature leaves with it.",
    question=Question(
        "When is the tangent a good stand-in for removal?",
        (
            Answer("Always, that is the definition", "The definition is the slope at weight 1."),
            Answer(
                "When the row's leverage is small",
                "Then the curve is nearly straight between 0 and 1.",
                right=True,
            ),
            Answer(
                "When its loss is large", "A large residual makes the slope steep, not straight."
            ),
        ),
    ),
    points=points(
        "1.85,2.07,0; 0.43,0.46,1; -1.95,0.41,0; 0.93,1.21,1; -0.87,0.01,0; 0.54,-0.4,1; "
        "-1.46,-0.15,0; 1.21,0.64,1; -0.24,-1.17,0; 1.31,1.16,1; -1.26,-0.57,0; 0.76,-0.48,1; "
        "-1.56,0.43,0; 2.06,-0.34,1; -0.99,-1.08,0; 0.97,0.23,1; -0.36,-0.32,0; 0.64,0.94,1; "
        "-0.77,0.58,0; 1.79,0.13,1; -1.35,-1,0; 1.57,1,1"
    ),
    probe=(0.33, 1.43),
    settings={"strength": 0.01, "weight": 0.0},
    controls=(Control("weight", "Weight of the row", "1: as all others; 0: removed.", 0, 2, 0.02),),
)
