"""2 The lever."""

from afif_explorer.scenes.scene import Answer, Question, Scene, choice, points

OURS = points("4,5.1; 5,5.3; 6,6.2; 7,6.4; 8,7.1; 9,12.6; 10,7.9; 11,8.6; 12,8.8; 13,9.6; 18.5,9.4")
# Anscombe, Graphs in Statistical Analysis, The American Statistician 27 (1973).
ANSCOMBE = (
    points(
        "10,8.04; 8,6.95; 13,7.58; 9,8.81; 11,8.33; 14,9.96; 6,7.24; 4,4.26; 12,10.84; 7,4.82; "
        "5,5.68"
    ),
    points(
        "10,9.14; 8,8.14; 13,8.74; 9,8.77; 11,9.26; 14,8.1; 6,6.13; 4,3.1; 12,9.13; 7,7.26; 5,4.74"
    ),
    points(
        "10,7.46; 8,6.77; 13,12.74; 9,7.11; 11,7.81; 14,8.84; 6,6.08; 4,5.39; 12,8.15; 7,6.42; "
        "5,5.73"
    ),
    points(
        "8,6.58; 8,5.76; 8,7.71; 8,8.84; 8,8.47; 8,7.04; 8,5.25; 19,12.5; 8,5.56; 8,7.91; 8,6.89"
    ),
)

LEVER = Scene(
    "lever",
    2,
    "The lever",
    lead="A line of least squares is a rod on a pivot: the middle of the data. Points far from "
    "the pivot have a long lever.",
    belief="Often believed: an outlier is influential.",
    ask="Row 5 is far above the line; row 10 is far to the right, but close to it. Which changes "
    "the slope more if it is removed?",
    bets=("Row 5, the outlier", "Row 10, far to the right", "About the same"),
    right=1,
    moves="Choose a row, then drag it: first along x, then along y. Try Anscombe's four data "
    "sets, which have the same line.",
    explanation="The change of the slope is leverage times residual: an outlier without leverage "
    "lifts the line but does not turn it, and a far point on the line turns nothing either.",
    question=Question(
        "A point lies far to the right and exactly on the line. What does removing it change?",
        (
            Answer("The slope, a lot", "Its leverage is large, but its residual is zero."),
            Answer("Nothing in the line", "Leverage times a residual of zero is zero.", right=True),
            Answer(
                "It cannot be said",
                "It can: the effect is the product of leverage and residual.",
            ),
        ),
    ),
    points=OURS,
    rows=(5,),
    model="linear",
    target="slope",
    settings={"strength": 0.0, "set": 0.0},
    controls=(
        choice("set", "Data", "Which points to begin with.", "Ours", "I", "II", "III", "IV"),
    ),
    presets=(OURS, *ANSCOMBE),
)
