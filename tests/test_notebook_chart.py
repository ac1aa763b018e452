"""A plotly figure as a widget: redrawn in place, marks tell their rows, nothing is uploaded."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from afif_explorer.notebook.chart import Chart, chart


def dots(values, ids=(), *extra, **layout):
    mark = go.Scatter(x=np.arange(len(values)), y=np.asarray(values), customdata=np.asarray(ids))
    return go.Figure([mark, *extra], layout)


def test_no_button_uploads_the_rows() -> None:
    assert chart(dots([1.0]))._config["showSendToCloud"] is False


def test_a_redraw_keeps_the_traces_and_takes_over_all_values() -> None:
    shown = Chart(dots([1.0, 2.0], title="a", shapes=[{"type": "line"}]))
    (trace,) = shown.widget.data
    shown.draw(dots([3.0, 4.0, 5.0], [7, 8, 9], title="b"))
    assert shown.widget.data[0] is trace
    assert list(trace.y) == [3, 4, 5]
    assert list(trace.customdata) == [7, 8, 9]
    assert shown.widget.layout.title.text == "b"
    assert not shown.widget.layout.shapes


def test_traces_come_and_go() -> None:
    shown = Chart(dots([1.0]))
    shown.draw(dots([1.0], [5], go.Bar(x=[1])))
    assert [trace.type for trace in shown.widget.data] == ["scatter", "bar"]
    shown.draw(dots([2.0], [5]))
    assert [trace.type for trace in shown.widget.data] == ["scatter"]


def select(widget, *marks):
    """What a page sends for a lasso around ``marks``, each (number of its trace, number in it)."""
    traces, places = zip(*marks, strict=True)
    nowhere = [0.0] * len(marks)
    points = {"trace_indexes": traces, "point_indexes": places, "xs": nowhere, "ys": nowhere}
    widget._js2py_pointsCallback = {"event_type": "plotly_selected", "points": points}


def test_marks_tell_the_ids_of_their_rows() -> None:
    picked = []
    shown = Chart(dots([1.0, 2.0], [70, 80]), picked.append)
    select(shown.widget, (0, 1))
    shown.draw(dots([1.0, 2.0, 3.0], [1, 2, 3], go.Bar(x=[1, 2], customdata=[9, 3])))
    select(shown.widget, (0, 0), (0, 2))
    select(shown.widget, (1, 0))
    select(shown.widget, (0, 2), (1, 0), (1, 1))
    assert picked == [(80,), (1, 3), (9,), (3, 9)]
