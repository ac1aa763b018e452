// Selecting in a report: rows inside a lasso or box on the map, or typed ids, and the sum of their effects.
// Works from a file, without a server. The data are those of the element `afif-rows`.
(() => {
  const data = JSON.parse(document.getElementById("afif-rows").textContent);
  const said = document.getElementById("afif-said");
  const typed = document.getElementById("afif-typed");
  const place = new Map(data.ids.map((id, at) => [id, at]));

  const {does, makeSums, region} = globalThis.afifSums;
  const numbers = (values) => values.map((value) => value ?? NaN);
  const drawn = makeSums({x: numbers(data.x), y: numbers(data.y), effects: []});

  const tell = (rows) => {
    if (!rows.length) {
      said.textContent = data.words.none;
      return;
    }
    let sum = 0;
    for (const at of rows) sum += data.effect[at] ?? 0;
    const ids = rows.slice(0, 30).map((at) => data.ids[at]).join(", ");
    const more = rows.length > 30 ? `, and ${rows.length - 30} more` : "";
    said.textContent = `${rows.length} of ${data.ids.length} rows selected. Removing ${rows.length === 1 ? "it" : "them"} would `
      + `${does(sum, {label: data.target, unit: data.unit, value: data.value})}, by the sum of their single effects. Rows: ${ids}${more}.`;
  };

  const chosen = (corners) => {
    drawn.clear();
    drawn.move(corners);
    return data.ids.map((_, at) => at).filter((at) => drawn.inside[at]);
  };

  const map = document.getElementById("row_map");
  map?.on("plotly_selected", (event) => {
    const corners = region(event);
    if (corners) tell(chosen(corners));
  });
  map?.on("plotly_deselect", () => tell([]));
  typed?.addEventListener("input", () => {
    const ids = typed.value.split(/[^0-9]+/).filter(Boolean).map(Number);
    tell([...new Set(ids)].filter((id) => place.has(id)).map((id) => place.get(id)));
  });
})();
