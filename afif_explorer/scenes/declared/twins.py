"""6 One, twins, many."""

from afif_explorer.scenes.scene import Answer, Control, Question, Scene, points

TWINS = Scene(
    "twins",
    6,
    "One, twins, many",
    lead="Rows 22 and 23 are twins: nearly the same place, the same label, far out on the other "
    "side.",
    belief="Often believed: effects add up, and a row without effect is harmless.",
    ask="Removing row 22 alone changes the chance at ◇ by about 6 percentage points, and row 23 alone by "
    "about as much. What if both go?",
    bets=(
        "Less than 12 percentage points",
        "About 12 percentage points",
        "Far more than 12 percentage points",
    ),
    right=2,
    moves="Click points to add them to the set or take them out, or drag a box around some (with Shift: "
    "besides those chosen). Add copies of the first chosen row, which stay: the effect of removing it "
    "shrinks towards zero.",
    explanation="Each twin hides what the other does: the one that stays keeps the line in place. Effects "
    "of single rows say nothing about the set; a Newton step for the set, with its own curvature "
    "taken out, comes close.",
    question=Question(
        "Every single row of a group has almost no effect. What follows for the group?",
        (
            Answer(
                "It can be removed without effect",
                "Rows can stand in for each other; together they may carry the model.",
            ),
            Answer(
                "Nothing: predict for the whole set",
                "Only a step for the set, or a refit, can tell.",
                right=True,
            ),
            Answer(
                "Its effect is the sum of the small ones",
                "The sum is what the twins have just disproved.",
            ),
        ),
    ),
    points=points(
        "-1.15,-1.13,0; 0.43,-1.28,1; -0.74,-1.17,0; 0.88,-0.46,1; -0.37,-0.68,0; 0.72,-1.68,1; "
        "-1.05,0.13,0; 0.51,0.53,1; -2.25,-0.27,0; -0.06,0.07,1; -0.92,-1.35,0; 2.05,0.35,1; "
        "-0.36,-0.27,0; 1.96,0.51,1; -0.35,-0.9,0; 1.68,-0.24,1; -1.34,0.74,0; 1.91,0.02,1; "
        "-0.79,-0.11,0; 0.96,0.16,1; -1.4,0.95,0; 1.33,-0.18,1; 1.67,1.94,0; 1.83,1.84,0"
    ),
    probe=(0.31, 1.19),
    rows=(22, 23),
    settings={"strength": 0.003, "copies": 0.0},
    controls=(
        Control(
            "copies",
            "Copies of the first chosen row, which stay",
            "Equal rows that are not removed.",
            0,
            5,
        ),
    ),
)
