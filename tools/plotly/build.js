// Makes the dashboard's drawing library: `npm ci && npm run build` in this folder. The lock file fixes every
// package, so that the same bytes come out anywhere.
//
// A browser works on all of a script before it draws anything, and the whole of plotly.js is three times
// as long. Version 4.1 takes half as long again to draw a figure as 3.1 does, hence the older one.

const fs = require("fs")
const path = require("path")
const esbuild = require("esbuild")
const {glsl} = require("esbuild-plugin-glsl")

const {version, license} = require("plotly.js/package.json")
const TARGET = path.join(__dirname, "../../afif_explorer/static/plotly")
const HEAD = `plotly.js ${version}, bar, heatmap, scatter and scattergl only. License: ${license}.`

// Files of plotly.js in whose place ours are taken; ours may still ask for theirs.
const OURS = /\/(gl_format_color)$/
const replaced = {
  name: "replaced",
  setup(build) {
    build.onResolve({filter: OURS}, ({path: asked, importer}) => {
      if (path.dirname(importer) === __dirname) return undefined
      return {path: path.join(__dirname, `${path.basename(asked)}.js`)}
    })
  },
}

// Rules for maps, which no figure has.
const withoutMaps = {
  name: "without maps",
  setup(build) {
    build.onLoad({filter: /maplibre-gl\.css$/}, () => ({contents: "", loader: "js"}))
  },
}

// While a hand draws a region, plotly looks for the marks in it and draws all marks again, at every move. Figures ask
// for the region alone (drawing.js), so that these two functions need not do anything.
const IDLE = [
  ["function _doSelect(selectionTesters, searchTraces) {", "return [];"],
  ["function updateSelectedState(gd, searchTraces, eventData) {", "return;"],
]
const regionsAlone = {
  name: "regions alone",
  setup(build) {
    build.onLoad({filter: /selections\/select\.js$/}, ({path: file}) => {
      const contents = IDLE.reduce((source, [head, body]) => {
        if (source.split(head).length !== 2) throw new Error(`${file} has no "${head}"; read it and adapt IDLE.`)
        return source.replace(head, head + body)
      }, fs.readFileSync(file, "utf8"))
      return {contents}
    })
  },
}

const script = {
  entryPoints: [path.join(__dirname, "entry.js")],
  outfile: path.join(TARGET, "plotly.min.js"),
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "Plotly",
  target: "es2016",
  supported: {"template-literal": false}, // shaders as strings: few lines, as the house wants it
  banner: {js: `/*! ${HEAD} */`},
  legalComments: "external",
  plugins: [replaced, withoutMaps, regionsAlone, glsl({minify: true})],
  // As in plotly.js's own builds.
  alias: {regl: "@plotly/regl", stream: "stream-browserify"},
  define: {global: "window", "define.amd": "false"},
}

// plotly.js adds its rules to the head of the page, which parts in a shadow root do not see.
function styles() {
  const source = require.resolve("plotly.js/build/plotcss.js")
  const rules = [`/*! ${HEAD} */`]
  const library = {addStyleRule: (selector, rule) => rules.push(`${selector} {${rule}}`)}
  new Function("require", fs.readFileSync(source, "utf8"))(() => library)
  return rules.join("\n") + "\n"
}

fs.writeFileSync(path.join(TARGET, "plotly.css"), styles())
esbuild.build(script).catch(() => process.exit(1))
