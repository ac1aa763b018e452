"""Tables as published: the proposed kinds and roles, and what must be noticed about them."""

from __future__ import annotations

import re

import pytest

from afif_explorer.datasets.catalogue import adult
from afif_explorer.datasets.inspection import ColumnTable, inspect

# Kinds by their first letter: number, category, date, yes/no, text, constant. Roles other than "input".
TABLES = {
    "titanic": (
        "survived y, pclass n, sex c, age n, sibsp n, parch n, fare n, embarked c, class c, who c, "
        "adult_male y, "
        "deck c, embark_town c, alive y, alone y",
        {"survived": "target", "sex": "sensitive"},
        {
            "alive": "leak",
            "class": "copy",
            "embark_town": "copy",
            "who": "proxy",
            "adult_male": "proxy",
            "deck": "gaps",
            "pclass": "codes",
            "age": "sensitive",
        },
    ),
    "student": (
        "school c, sex c, age n, address c, famsize c, Pstatus c, Medu n, Fedu n, Mjob c, Fjob c, "
        "reason c, "
        "guardian c, traveltime n, studytime n, failures n, schoolsup y, famsup y, paid y, activities "
        "y, nursery y, "
        "higher y, internet y, romantic y, famrel n, freetime n, goout n, Dalc n, Walc n, health n, "
        "absences n, "
        "G1 n, G2 n, class c",
        {"class": "target", "sex": "sensitive"},
        {"G1": "leak", "G2": "leak", "famrel": "codes", "Medu": "codes"},
    ),
    "schools": (
        "observation_number n, dist_cod n, county c, district t, gr_span c, enrl_tot n, teachers n, "
        "calw_pct n, "
        "meal_pct n, computer n, testscr n, comp_stu n, expn_stu n, str n, avginc n, el_pct n, read_scr n, "
        "math_scr n",
        {"testscr": "target", "observation_number": "id", "dist_cod": "id", "district": "ignore"},
        {
            "read_scr": "leak",
            "math_scr": "leak",
            "observation_number": "id",
            "dist_cod": "id",
            "district": "text",
        },
    ),
    "wage": (
        "year n, age n, sex x, maritl c, race c, education c, region x, jobclass c, health c, "
        "health_ins c, "
        "logwage n, wage n",
        {"wage": "target", "race": "sensitive", "sex": "ignore", "region": "ignore"},
        {"logwage": "leak", "sex": "constant", "region": "constant"},
    ),
    "heart": (
        "id n, age n, sex y, cp n, trestbps n, chol n, fbs y, restecg n, thalach n, exang y, oldpeak "
        "n, slope n, "
        "ca n, thal n, target y",
        {"target": "target", "sex": "sensitive", "id": "id"},
        {"id": "id", "cp": "codes", "restecg": "codes", "slope": "codes", "thal": "codes"},
    ),
    "ricci": (
        "Position c, Oral n, Written n, Race c, Combine n, Promoted y",
        {"Promoted": "target", "Race": "sensitive"},
        {"Combine": "leak"},
    ),
    "mpg": (
        "mpg n, cylinders n, displacement n, horsepower n, weight n, acceleration n, model_year n, "
        "origin c, name t",
        {"mpg": "target", "name": "ignore"},
        {"name": "text"},
    ),
}
KINDS = {"n": "number", "c": "category", "d": "date", "y": "yes/no", "t": "text", "x": "constant"}


def wrong(table: ColumnTable, kinds: str, roles: dict[str, str]) -> list[str]:
    """The columns with another kind or role than expected."""
    expected = dict(item.rsplit(" ", 1) for item in kinds.split(", "))
    assert list(expected) == [row.name for row in table]
    return [
        row.name
        for row in table
        if (row.kind, row.role) != (KINDS[expected[row.name]], roles.get(row.name, "input"))
    ]


def test_kinds_and_roles_of_nearly_all_columns(tables):
    columns = mistaken = 0
    for name, (kinds, roles, _) in TABLES.items():
        target = next(column for column, role in roles.items() if role == "target")
        table = inspect(tables / f"{name}.csv", target=target)
        columns += len(table)
        mistaken += len(wrong(table, kinds, roles))
    assert columns == 108
    assert mistaken <= 0.01 * columns


@pytest.mark.parametrize("name", TABLES)
def test_every_leak_and_identifier_is_named(tables, name):
    _, roles, noticed = TABLES[name]
    target = next(column for column, role in roles.items() if role == "target")
    table = inspect(tables / f"{name}.csv", target=target)
    for column, code in noticed.items():
        assert code in {problem.code for problem in table[column].problems}, column
    leaks = {problem.column for problem in table.problems if problem.code in ("leak", "id")}
    assert leaks == {column for column, code in noticed.items() if code in ("leak", "id")}


@pytest.mark.parametrize("name", ["titanic", "student", "heart", "ricci", "wage", "mpg"])
def test_the_target_is_guessed(tables, name):
    _, roles, _ = TABLES[name]
    assert roles[inspect(tables / f"{name}.csv").target] == "target"


@pytest.mark.parametrize(("file", "rows"), [("adult.data", 32561), ("adult.test", 16281)])
def test_adult_as_published(data_home, file, rows):
    table = inspect(data_home / "adult" / file, header=adult.COLUMNS)
    roles = {"fnlwgt": "weight", "race": "sensitive", "sex": "sensitive", "income": "target"}
    kinds = (
        "age n, workclass c, fnlwgt n, education c, education-num n, marital-status c, occupation c, "
        "relationship c, race c, sex c, capital-gain n, capital-loss n, hours-per-week n, "
        "native-country c, income c"
    )
    assert wrong(table, kinds, roles) == []
    assert len(table.frame) == rows
    assert [problem.code for problem in table["education-num"].problems] == ["copy"]
    assert [problem.code for problem in table["capital-gain"].problems] == ["missing"]
    unnamed = inspect(data_home / "adult" / file)
    assert len(unnamed.frame) == rows
    assert unnamed.sensitive == ("column 9", "column 10")


def test_insurance_as_published(data_home):
    table = inspect(data_home / "insurance" / "insurance.csv")
    kinds = "age n, sex c, bmi n, children n, smoker y, region c, charges n"
    assert wrong(table, kinds, {"charges": "target", "sex": "sensitive"}) == []


def test_communities_as_published(data_home):
    folder = data_home / "communities"
    described = (folder / "communities.names").read_text("latin-1")
    names = re.findall(r"^@attribute (\S+)", described, re.MULTILINE)
    table = inspect(folder / "communities.data", header=names)
    left = {
        "state": "id",
        "county": "id",
        "community": "id",
        "fold": "id",
        "communityname": "ignore",
    }
    expected = {**left, "ViolentCrimesPerPop": "target"}
    assert {row.name: row.role for row in table if row.role != "input"} == expected
    sparse = {row.name for row in table if any(problem.code == "gaps" for problem in row.problems)}
    assert len(sparse - set(left)) == 22
