// The kinds of traces that afif_explorer/figures draws. (Scatter is part of the core.)
const Plotly = require("plotly.js/lib/core")

Plotly.register([
  require("plotly.js/lib/bar"),
  require("plotly.js/lib/heatmap"),
  require("plotly.js/lib/scattergl"),
])

module.exports = Plotly
