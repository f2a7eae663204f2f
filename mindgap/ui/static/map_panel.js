// Beside the gap map: the measured gap, the selected point, movers, the answers to the live query, and what can be taken away.
window.mindgapMapPanel = (() => {
  // shown at once, in this order; the other measures of the data follow folded
  const CHIEF = ["accuracy", "pair_cosine", "random_cosine", "centroid_distance", "separability"];
  const explained = new Set();
  const make = (tag, text, name) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (name) e.className = name; return e; };
  const short = (text, length = 90) => (text.length > length ? text.slice(0, length) + "…" : text).replace(/\s+/g, " ");
  const arrow = (d, i) => `${d.before.ranks[i].toLocaleString("en")} → ${d.after.ranks[i].toLocaleString("en")}`;

  // a measure's numbers, and under them its sentence, which its name opens and closes
  function measure(d, about) {
    const b = d.gap.before[about.name], a = d.gap.after[about.name];
    const digits = !about.share && Math.max(Math.abs(a), Math.abs(b)) < 0.1 ? 4 : 3, sign = { higher: 1, lower: -1 }[about.better] ?? 0;
    const say = (v) => (about.share ? (100 * v).toFixed(1) + " %" : v.toFixed(digits));
    const row = make("tr"), name = make("td"), button = make("button", about.label, "mg-help"), help = make("tr", undefined, "mg-help-text"), cell = make("td", about.sentence);
    button.type = "button";
    button.title = about.sentence;
    cell.colSpan = 3;
    cell.append(make("i", about.source));
    help.append(cell);
    const show = () => { help.hidden = !explained.has(about.name); button.setAttribute("aria-expanded", String(!help.hidden)); };
    button.onclick = () => { if (!explained.delete(about.name)) explained.add(about.name); show(); };
    show();
    name.append(button);
    row.append(name, make("td", say(b)), make("td", say(a), (a - b) * sign > 0.5 * 10 ** -digits ? "up" : ""));
    return [row, help];
  }
  function gap(root, d) {
    const named = new Map(d.measures.map((about) => [about.name, about])), others = d.measures.filter((about) => !CHIEF.includes(about.name));
    const fill = (table, abouts) => {
      const head = make("tr");
      ["", "before", "after"].forEach((t) => head.append(make("th", t)));
      root.querySelector(table).replaceChildren(head, ...abouts.flatMap((about) => measure(d, about)));
    };
    fill(".mg-gap", CHIEF.map((name) => named.get(name)));
    fill(".mg-more .mg-gap", others);
    const q = d.quality, pct = (v) => Math.round(100 * v) + " %";
    root.querySelector(".mg-map-note").textContent =
      `A flat picture cannot show how far apart embeddings are: it keeps ${pct(q.before.neighbours_kept)} (before) and ${pct(q.after.neighbours_kept)} (after) of each point's 15 nearest neighbours ` +
      `(trustworthiness ${q.before.trustworthiness.toFixed(2)} and ${q.after.trustworthiness.toFixed(2)}). Trust the numbers for how far, the picture for who is near whom. Green marks where the gap got smaller or the search better.`;
  }
  function entry(d, i, pick) {
    const button = make("button", short(d.queries[i], 60));
    button.type = "button";
    button.append(" ", make("span", arrow(d, i), d.after.ranks[i] < d.before.ranks[i] ? "up" : "down"));
    button.onclick = () => pick({ side: "q", i });
    const item = make("li");
    item.append(button);
    return item;
  }
  function texts(d, side, places) {
    return places.map((i) => make("p", short(side === "d" ? d.documents[i] : d.queries[i]), side === "d" && d.task.code ? "code" : ""));
  }
  function selected(root, state, pick) {
    const box = root.querySelector(".mg-selected div"), d = state.data, p = state.picked;
    if (!p) return void (box.textContent = "Click a point, or take one from the lists below.");
    const parts = [];
    const block = (text, side) => parts.push(make("pre", text, side === "d" && d.task.code ? "code" : ""));
    if (p.side === "q") {
      parts.push(make("i", `${d.task.query} query · ${d.topics[p.i]}`)); block(d.queries[p.i], "q");
      parts.push(make("i", `its document, rank ${arrow(d, p.i)} of ${d.documents.length.toLocaleString("en")}`)); block(d.documents[d.gold[p.i]], "d");
      parts.push(make("i", "nearest documents in the embedding space, before"), ...texts(d, "d", d.before.nearest_documents[p.i].slice(0, 3)));
      parts.push(make("i", "and after"), ...texts(d, "d", d.after.nearest_documents[p.i].slice(0, 3)));
      const link = make("a", "search with this");
      link.href = "?" + new URLSearchParams({ task: d.choice.task, q: d.queries[p.i], k: "5" });
      parts.push(link);
    } else {
      parts.push(make("i", `${d.task.document} document`)); block(d.documents[p.i], "d");
      d.gold.forEach((g, i) => { if (g === p.i) { parts.push(make("i", `its query, rank of this document ${arrow(d, i)}`)); block(d.queries[i], "q"); } });
      parts.push(make("i", "nearest queries in the embedding space, before"), ...texts(d, "q", d.before.nearest_queries[p.i].slice(0, 3)));
      parts.push(make("i", "and after"), ...texts(d, "q", d.after.nearest_queries[p.i].slice(0, 3)));
    }
    box.replaceChildren(...parts);
  }
  function answer(root, state) {
    const section = root.querySelector(".mg-query-answer"), d = state.data, q = state.query;
    section.hidden = !q;
    if (!q) return;
    const gold = q.known === null ? -1 : d.gold[q.known], parts = q.notes.map((n) => make("i", n));
    if (q.known !== null) parts.push(make("i", `a test query: its document has rank ${arrow(d, q.known)}`));
    for (const name of ["before", "after"]) {
      parts.push(make("i", `top ${q[name].top.length} ${name} projection`));
      const list = make("ol");
      q[name].top.forEach((i, n) => { const li = make("li", `${short(d.documents[i], 70)} `, i === gold ? "gold" : ""); li.append(make("span", q[name].scores[n].toFixed(3))); list.append(li); });
      parts.push(list);
    }
    section.querySelector("div").replaceChildren(...parts);
  }
  function all(root, state, pick) {
    const d = state.data;
    gap(root, d); selected(root, state, pick); answer(root, state);
    root.querySelector(".mg-movers").replaceChildren(...d.movers.map((i) => entry(d, i, pick)));
    root.querySelector(".mg-lost").replaceChildren(...d.lost.map((i) => entry(d, i, pick)));
  }
  function save(name, href) {
    const link = Object.assign(document.createElement("a"), { download: name, href });
    link.click();
  }
  function csv(d) {
    const cell = (v) => { const s = String(v); const safe = /^[=+\-@\t]/.test(s) && isNaN(s) ? "'" + s : s; return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe; };
    const rows = [["side", "place", "x_before", "y_before", "x_after", "y_after", "gold", "rank_before", "rank_after", "topic", "text"]];
    d.documents.forEach((t, i) => rows.push(["document", i, ...d.before.d[i], ...d.after.d[i], "", "", "", "", t]));
    d.queries.forEach((t, i) => rows.push(["query", i, ...d.before.q[i], ...d.after.q[i], d.gold[i], d.before.ranks[i], d.after.ranks[i], d.topics[i], t]));
    return rows.map((row) => row.map(cell).join(",")).join("\r\n");
  }
  async function take(button, state, link, plots) {
    const d = state.data, name = `gap-map-${d.choice.task}-${d.choice.method}-${d.choice.kind}`;
    if (button.dataset.action === "csv") save(name + ".csv", URL.createObjectURL(new Blob(["\ufeff" + csv(d)], { type: "text/csv" })));
    if (button.dataset.action === "png") for (const [i, plot] of plots.entries()) {
      const ground = getComputedStyle(document.querySelector(".gradio-container")).getPropertyValue("--card").trim();
      const old = plot.layout.paper_bgcolor;
      await Plotly.relayout(plot, { paper_bgcolor: ground });
      save(`${name}-${plots.length > 1 ? ["before", "after"][i] : "morph"}.png`, await Plotly.toImage(plot, { format: "png", width: 1200, height: 900, scale: 2 }));
      await Plotly.relayout(plot, { paper_bgcolor: old });
    }
    if (button.dataset.action === "link") { await window.mindgapCopy(location.origin + location.pathname + link()); button.textContent = "Copied"; setTimeout(() => (button.textContent = "Copy link"), 1400); }
  }
  return { all, selected, export: take };
})();
