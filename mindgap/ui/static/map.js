// The gap map in the browser: draws the two panes, morphs, selects. The server is asked only for a new map or a query.
(() => {
  const state = { data: null, view: "both", colour: "modality", lines: "all", t: 1, picked: null, query: null, hidden: new Set() };
  const OKABE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F", "#5b6878"];
  const SHAPES = ["circle", "square", "diamond", "triangle-up"];
  const MOVES = ["#cfd8e3", "#9ecae1", "#56B4E9", "#0072B2", "#003f6b"];
  const waiting = [];
  // what the address asked for when the page was opened, until the map that it names is shown
  let asked = new URLSearchParams(location.search);
  if (asked.get("tab") !== "map") asked = null;
  let later = null;
  let root = null, plotlyReady = null, syncing = false, playing = 0, settling = 0, kindsNow = null;
  const $ = (selector) => root.querySelector(selector);
  const css = (name) => getComputedStyle(document.querySelector(".gradio-container")).getPropertyValue(name).trim();
  const mix = (a, b, t) => [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
  const at = (side, i, t) => mix(state.data.before[side][i], state.data.after[side][i], t);
  const panes = () => (state.view === "both" ? [["before", 0], ["after", 1]] : [["after", state.t]]);
  const plot = (name) => $(`[data-pane=${name}] .mg-plot`);

  const loadPlotly = () => (plotlyReady ??= new Promise((done, fail) => {
    if (window.Plotly) return done();
    const script = Object.assign(document.createElement("script"), { src: root.dataset.plotly, onload: done, onerror: () => fail(new Error("plotly.js could not be loaded")) });
    document.head.append(script);
  }));

  // one category a point: [key, name, colour, symbol] for the documents and the queries under the chosen colouring
  function categories() {
    const d = state.data, doc = ["d", `${d.task.document} documents`, css("--doc"), "circle"], dim = ["d", doc[1], css("--miss"), "circle"];
    if (state.colour === "topic") {
      const names = [...new Set(d.topics)].sort();
      const made = new Map(names.map((n, i) => [n, [n, n, OKABE[i % 8], SHAPES[Math.floor(i / 8) % 4]]]));
      const ofDocument = []; d.gold.forEach((g, i) => (ofDocument[g] = made.get(d.topics[i])));
      return { q: d.topics.map((t) => made.get(t)), d: d.documents.map((_, i) => ofDocument[i] ?? dim) };
    }
    if (state.colour === "found") {
      const both = ["both", "first before and after", css("--miss"), "circle"], won = ["won", "first only after", css("--gold"), "circle"];
      const lost = ["gone", "first only before", css("--qry-fill"), "square"], never = ["never", "never first", "#CC79A7", "diamond"];
      return { q: d.gold.map((_, i) => { const b = d.before.ranks[i] === 1, a = d.after.ranks[i] === 1; return b ? (a ? both : lost) : a ? won : never; }), d: d.documents.map(() => doc) };
    }
    if (state.colour === "movement") {
      const moved = d.gold.map((_, i) => d.after.cosines[i] - d.before.cosines[i]);
      const sorted = [...moved].sort((a, b) => a - b), steps = [0.2, 0.4, 0.6, 0.8].map((s) => sorted[Math.floor(s * (sorted.length - 1))]);
      const kinds = MOVES.map((c, i) => ["m" + i, i ? `cosine up by over ${steps[i - 1].toFixed(2)}` : "cosine up the least, or down", c, "circle"]);
      return { q: moved.map((m) => kinds[steps.filter((s) => m > s).length]), d: d.documents.map(() => dim), order: ["d", ...kinds.map((k) => k[0])] };
    }
    const query = ["q", `${d.task.query} queries`, css("--qry-fill"), "circle"];
    return { q: d.gold.map(() => query), d: d.documents.map(() => doc) };
  }

  function points(side, kinds, t) {
    const shown = kinds[side].map((kind) => !state.hidden.has(kind[0]));
    const where = shown.map((yes, i) => (yes ? at(side, i, t) : [null, null]));
    return { x: where.map((p) => p[0]), y: where.map((p) => p[1]) };
  }
  function pairLines(t, shorter, kinds) {
    const x = [], y = [], d = state.data;
    d.gold.forEach((g, i) => {
      if (d.after.cosines[i] >= d.before.cosines[i] !== shorter) return;
      if (state.lines === "off" || (state.lines === "selected" && !isPicked(i, g))) return;
      if (state.hidden.has(kinds.q[i][0]) || state.hidden.has(kinds.d[g][0])) return;
      const q = at("q", i, t), p = at("d", g, t);
      x.push(q[0], p[0], null); y.push(q[1], p[1], null);
    });
    return { x, y };
  }
  const isPicked = (i, g) => state.picked && (state.picked.side === "q" ? state.picked.i === i : state.picked.i === g);
  function queryMarks(t) {
    const q = state.query;
    if (!q) return [{ x: [], y: [] }, { x: [], y: [] }];
    const here = mix(q.before.at, q.after.at, t), top = (t < 0.5 ? q.before : q.after).top, x = [], y = [];
    top.forEach((i) => { const p = at("d", i, t); x.push(here[0], p[0], null); y.push(here[1], p[1], null); });
    return [{ x, y }, { x: [here[0]], y: [here[1]] }];
  }
  function pickedMarks(t) {
    const p = state.picked, d = state.data;
    if (!p) return { x: [], y: [] };
    const partners = p.side === "q" ? [["d", d.gold[p.i]]] : d.gold.flatMap((g, i) => (g === p.i ? [["q", i]] : []));
    const marks = [[p.side, p.i], ...partners].map(([side, i]) => at(side, i, t));
    return { x: marks.map((m) => m[0]), y: marks.map((m) => m[1]) };
  }
  function traces(t) {
    const kinds = (kindsNow ??= categories()), size = state.data.queries.length > 4000 ? 3 : 6, few = state.data.queries.length < 400;
    const line = (xy, colour, width, opacity) => ({ type: "scattergl", mode: "lines", ...xy, line: { color: colour, width }, opacity, hoverinfo: "skip" });
    const dots = (side) => ({ type: "scattergl", mode: "markers", ...points(side, kinds, t), hoverinfo: "none",
      marker: { size, opacity: 0.82, color: kinds[side].map((k) => k[2]), symbol: kinds[side].map((k) => (side === "d" && state.colour === "topic" ? k[3] + "-open" : k[3])) } });
    const [star, me] = queryMarks(t);
    return [line(pairLines(t, true, kinds), css("--miss"), 1, few ? 0.45 : 0.2), line(pairLines(t, false, kinds), css("--qry-fill"), 1, few ? 0.5 : 0.22),
      dots("d"), dots("q"), line(star, css("--gold"), 2, 1),
      { type: "scattergl", mode: "markers", ...me, hoverinfo: "skip", marker: { size: 17, symbol: "star", color: css("--ink"), line: { color: css("--card"), width: 1 } } },
      { type: "scattergl", mode: "markers", ...pickedMarks(t), hoverinfo: "skip", marker: { size: 15, symbol: "circle-open", color: css("--ink"), line: { width: 2.5 } } }];
  }
  const range = (axis) => {
    const all = ["before", "after"].flatMap((s) => [...state.data[s].q, ...state.data[s].d]).map((p) => p[axis]);
    const low = all.reduce((a, b) => Math.min(a, b)), high = all.reduce((a, b) => Math.max(a, b)), pad = 0.04 * (high - low || 1);
    return [low - pad, high + pad];
  };
  const layout = (old) => ({ margin: { l: 6, r: 6, t: 6, b: 6 }, showlegend: false, dragmode: "pan", hovermode: "closest", hoverdistance: 12,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: { visible: false, range: old?.xaxis.range.slice() ?? range(0) }, yaxis: { visible: false, range: old?.yaxis.range.slice() ?? range(1) } });

  // one drawing after the other: Plotly must not be called again for a pane before it is done with it
  let drawing = Promise.resolve();
  const draw = (keepZoom = true) => (drawing = drawing.then(() => drawNow(keepZoom), () => drawNow(keepZoom)));
  async function drawNow(keepZoom) {
    if (!state.data || !root.offsetParent) return;
    await loadPlotly();
    root.classList.toggle("morphing", state.view === "morph");
    kindsNow = null;
    for (const [name, t] of panes()) {
      const target = plot(name), fresh = !target.layout;
      await Plotly.react(target, traces(t), layout(keepZoom ? target.layout : null), { responsive: true, displayModeBar: false, scrollZoom: true });
      // a pane is as wide as its view: the plot must follow
      if (Math.abs(target._fullLayout.width - target.clientWidth) > 1) await Plotly.Plots.resize(target);
      window.mindgapMapCanvas.clear(target);
      if (fresh) listen(target, name);
    }
    captions(); legend();
    if (!asked) root.dataset.drawn = String(Number(root.dataset.drawn ?? 0) + 1);
  }
  // while the slider moves, frames are painted on a canvas; the plot follows when it rests
  function move(t) {
    state.t = t;
    $(".mg-morph input").value = t;
    const target = plot("after");
    if (state.view !== "morph" || !target.layout) return;
    window.mindgapMapCanvas.paint(target, traces(t));
    captions();
    clearTimeout(settling);
    settling = setTimeout(() => draw(), 180);
  }
  function listen(target, name) {
    const point = (event) => { const p = event.points.find((q) => q.curveNumber === 2 || q.curveNumber === 3); return p && { side: p.curveNumber === 2 ? "d" : "q", i: p.pointNumber }; };
    target.on("plotly_click", (event) => { const p = point(event); if (p) pick(p); });
    target.on("plotly_hover", (event) => { const p = point(event); if (p) { tip(event.event, p); echo(name, p); } });
    target.on("plotly_unhover", () => { $(".mg-tip").hidden = true; echo(name, null); });
    target.on("plotly_relayout", () => {
      if (syncing || state.view !== "both") return;
      const other = plot(name === "before" ? "after" : "before"), { xaxis, yaxis } = target.layout;
      if (!other.layout) return;
      syncing = true;
      Plotly.relayout(other, { "xaxis.range": xaxis.range.slice(), "yaxis.range": yaxis.range.slice() }).finally(() => (syncing = false));
    });
  }
  // the same point in the other pane
  function echo(name, p) {
    if (state.view !== "both") return;
    const other = name === "before" ? "after" : "before", target = plot(other);
    if (!target.layout) return;
    const marks = pickedMarks(other === "after" ? 1 : 0);
    if (p) { const here = at(p.side, p.i, other === "after" ? 1 : 0); marks.x.push(here[0]); marks.y.push(here[1]); }
    Plotly.restyle(target, { x: [marks.x], y: [marks.y] }, [6]);
  }
  function tip(event, p) {
    const box = $(".mg-tip"), d = state.data;
    const text = p.side === "q" ? d.queries[p.i] : d.documents[p.i];
    box.textContent = text.length > 300 ? text.slice(0, 300) + "…" : text;
    box.classList.toggle("code", p.side === "d" && !!d.task.code);
    box.hidden = false;
    const ground = root.getBoundingClientRect();
    box.style.left = Math.max(0, Math.min(event.clientX - ground.left + 14, ground.width - box.offsetWidth)) + "px";
    box.style.top = event.clientY - ground.top + 16 + "px";
  }
  function captions() {
    const d = state.data, mean = (s) => (d[s].cosines.reduce((a, b) => a + b, 0) / d.gold.length).toFixed(3);
    const say = (s) => `mean cosine of true pairs in the embedding space ${mean(s)}`;
    $("[data-pane=before] span").textContent = say("before");
    $("[data-pane=after] b").textContent = state.view === "both" ? "After projection" : `Morph: ${Math.round(100 * state.t)} % of the way`;
    $("[data-pane=after] span").textContent = state.view === "both" ? say("after") : `mean cosine of true pairs ${mean("before")} before, ${mean("after")} after`;
  }
  function legend() {
    const kinds = categories(), seen = new Map();
    [...kinds.d, ...kinds.q].forEach((k) => seen.set(k[0], [k, (seen.get(k[0])?.[1] ?? 0) + 1]));
    const order = kinds.order ?? [];
    const sorted = [...seen.values()].sort((a, b) => order.indexOf(a[0][0]) - order.indexOf(b[0][0]));
    $(".mg-legend").replaceChildren(...sorted.map(([k, n]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", title: `${n} points; click to hide or show` });
      const dot = Object.assign(document.createElement("i"), { className: "s-" + k[3] });
      dot.style.setProperty("--c", k[2]);
      button.append(dot, k[1]);
      button.setAttribute("aria-pressed", String(!state.hidden.has(k[0])));
      button.onclick = () => { state.hidden.has(k[0]) ? state.hidden.delete(k[0]) : state.hidden.add(k[0]); draw(); };
      return button;
    }), ...[["― nearer after", "--miss"], ["― further after", "--qry"]].map(([text, colour]) => {
      const key = Object.assign(document.createElement("span"), { textContent: text, title: "line of a true pair, by its cosine in the embedding space" });
      key.style.color = css(colour);
      return key;
    }));
  }
  function pick(p) { state.picked = p; window.mindgapMapPanel.selected(root, state, pick); draw(); address(); }

  function play() {
    cancelAnimationFrame(playing);
    if (state.view !== "morph") setView("morph");
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return move(state.t < 0.5 ? 1 : 0);
    const from = state.t >= 1 ? 0 : state.t, start = performance.now(), length = 2600 * (1 - from);
    const frame = (now) => {
      const share = Math.min(1, (now - start) / length), eased = share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
      move(from + (1 - from) * eased);
      if (share < 1) playing = requestAnimationFrame(frame); else address();
    };
    playing = requestAnimationFrame(frame);
  }
  function setView(view) {
    state.view = view;
    root.querySelectorAll("[data-view]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.view === view)));
    draw(false);
  }
  function link() {
    const c = state.data.choice, parts = new URLSearchParams({ tab: "map", task: c.task, preset: c.preset, map: `${c.retriever}:${c.method}`, layout: c.kind });
    if (state.query) parts.set("mq", state.query.query);
    if (state.view === "morph") parts.set("t", state.t.toFixed(2));
    if (state.picked) parts.set("sel", state.picked.side + state.picked.i);
    if (state.colour !== "modality") parts.set("colour", state.colour);
    return "?" + parts;
  }
  const isAsked = (c) => [["task", c.task], ["map", `${c.retriever}:${c.method}`], ["layout", c.kind]].every(([key, is]) => (asked.get(key) ?? is) === is);
  function address() {
    if (!state.data || !root.offsetParent || asked) return;
    const parts = new URLSearchParams(link()), kept = new URLSearchParams(location.search).get("__theme");
    if (kept) parts.set("__theme", kept);
    history.replaceState(null, "", location.pathname + "?" + parts);
  }
  async function show(detail) {
    if (!root) return void waiting.push(detail);
    if (!root.offsetParent) return void (later = { ...later, ...detail });
    const status = $(".mg-map-status");
    if (detail.error) { asked = null; status.textContent = detail.error; status.hidden = false; return; }
    const fresh = Boolean(detail.url) && detail.url !== state.url;
    if (fresh) {
      state.url = detail.url;
      status.textContent = "Loading the map…"; status.hidden = false;
      let data = null;
      try {
        const answer = await fetch(detail.url, { cache: "force-cache" });
        if (answer.ok) data = await answer.json();
      } catch { /* said below */ }
      // another map was chosen while this one was on its way
      if (detail.url !== state.url) return;
      if (!data) { state.url = null; status.textContent = "The map could not be loaded. Reload the page."; status.hidden = false; return; }
      state.data = data;
      state.picked = null; state.hidden.clear();
      const sel = /^([qd])(\d+)$/.exec(asked?.get("sel") ?? "");
      if (asked && isAsked(state.data.choice)) {
        if (sel && Number(sel[2]) < state.data[sel[1] === "q" ? "queries" : "documents"].length) state.picked = { side: sel[1], i: Number(sel[2]) };
        if (asked.has("t")) { state.view = "morph"; state.t = Math.max(0, Math.min(1, Number(asked.get("t")) || 0)); $(".mg-morph input").value = state.t; }
        if (["topic", "found", "movement"].includes(asked.get("colour"))) $("[data-control=colour]").value = state.colour = asked.get("colour");
        asked = null;
      }
      root.querySelectorAll("[data-view]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.view === state.view)));
    }
    if ("query" in detail) state.query = detail.query;
    if (!state.data) return;
    status.hidden = true;
    window.mindgapMapPanel.all(root, state, pick);
    await draw(!fresh);
    address();
  }
  function start(element) {
    root = element.querySelector(".mg-map");
    // from the first touch on the visitor decides, not the address
    for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (asked = null), { capture: true });
    root.addEventListener("change", (event) => {
      const control = event.target.dataset.control;
      if (control) { state[control] = event.target.value; if (control === "colour") state.hidden.clear(); draw(); }
      if (event.target.matches(".mg-morph input")) address();
    });
    root.addEventListener("input", (event) => {
      if (!event.target.matches(".mg-morph input")) return;
      cancelAnimationFrame(playing);
      if (state.view !== "morph") { state.t = Number(event.target.value); setView("morph"); }
      move(Number(event.target.value));
    });
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button || !state.data) return;
      if (button.dataset.view) { setView(button.dataset.view); address(); }
      if (button.matches(".mg-play")) play();
      if (button.dataset.action === "reset") draw(false);
      if (button.dataset.action) window.mindgapMapPanel.export(button, state, link, panes().map(([name]) => plot(name)));
    });
    new ResizeObserver(() => {
      if (!root.offsetParent) return;
      if (later) { const detail = later; later = null; show(detail); } else if (state.data) draw();
    }).observe(root);
    new MutationObserver(() => draw()).observe(document.body, { attributeFilter: ["class"] });
    state.url = null;
    waiting.splice(0).forEach(show);
  }
  window.mindgapMap = { start, show, state };
})();
