"""9 Fisher or Hessian."""

from afif_explorer.scenes.scene import Answer, Control, Question, Scene, choice, points

NETWORK = Scene(
    "network",
    9,
    "Fisher or Hessian",
    lead="A network with six hidden units. Its Fisher and its Hessian are two matrices here; for "
    "a linear model they are one and the same.",
    belief="Often believed: when two methods agree, both are right, and there is one true answer.",
    ask="Row 23 is removed and the network trained again: once from where it is (warm), once from "
    "its first start (cold). Do both refits agree?",
    bets=("Yes, on the whole", "Yes in sign, not in size", "No, not even in sign"),
    right=2,
    moves="Choose rows; click a chosen one again to flip its label. Try other starts, and warm "
    "against cold.",
    explanation="A network has several minima: a cold refit may end in another one, further away "
    "than removing the row alone moves the model. Near one minimum the Hessian follows the warm "
    "refit, the Fisher the response of the model's own predictions.",
    question=Question(
        "For logistic regression, Fisher and Hessian give equal effects. Is that evidence that "
        "both are right?",
        (
            Answer(
                "Yes, two methods agree", "They are one matrix there: the agreement is an identity."
            ),
            Answer(
                "No, only a refit is",
                "Evidence is a comparison with the truth, and it must be said which truth.",
                right=True,
            ),
            Answer("Only with many rows", "They are equal for any number of rows."),
        ),
    ),
    points=points(
        "-1.34,0.78,0; 0.09,-0.89,1; -1.71,-0.04,0; 1.37,-0.74,1; 0.47,0.47,0; 2.05,0.03,1; "
        "-2,0.2,0; 1.01,-1.08,1; -0.88,0.97,0; -0.86,0,1; 0.53,0.29,0; 1.16,-0.69,1; 0.83,-0.3,0; "
        "-0.7,-0.29,1; -0.69,0.67,0; -0.63,-0.53,1; -2.01,-0.09,0; -0.5,-0.72,1; -0.54,0.77,0; "
        "-0.25,-0.89,1; -1.99,0.05,0; -0.17,-0.8,1; -1.8,-0.45,0; 1.5,-0.5,1; 0.35,0.5,0; "
        "0.44,-0.79,1; 0.24,0.28,0; 1.63,-0.72,1; -1.48,0.91,0; 1.3,-1.01,1; -0.67,0.84,0; "
        "0.78,-0.92,1; -1.92,0.48,0; 1.85,-0.39,1; 0.92,0.35,0; 0.21,-0.73,1; -1.39,0.33,0; "
        "-0.67,0.46,1; 0.71,0.47,0; 0.71,-1.06,1"
    ),
    probe=(0.1, 0.1),
    rows=(23,),
    model="network",
    settings={"strength": 0.002, "seed": 0.0, "start": 0.0},
    controls=(
        choice("start", "Refit", "Where training without the row begins.", "Warm", "Cold"),
        Control("seed", "Start of training", "The random first weights.", 0, 5),
        Control(
            "strength",
            "Strength of the penalty",
            "The factor of the penalty: the larger, the smaller the weights.",
            0.002,
            0.02,
            0.001,
        ),
    ),
)
