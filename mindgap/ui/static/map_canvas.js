// Frames of the morph, painted on a plain canvas over the plot: a library redraw for each frame would not be smooth.
window.mindgapMapCanvas = (() => {
  const SIZES = { star: 9, "circle-open": 8 };

  function canvas(target) {
    let sheet = target.parentElement.querySelector("canvas.mg-frames");
    if (!sheet) {
      sheet = Object.assign(document.createElement("canvas"), { className: "mg-frames" });
      target.parentElement.append(sheet);
    }
    const ratio = window.devicePixelRatio || 1, { offsetWidth: w, offsetHeight: h, offsetTop: top, offsetLeft: left } = target;
    if (sheet.width !== Math.round(w * ratio) || sheet.height !== Math.round(h * ratio)) Object.assign(sheet, { width: Math.round(w * ratio), height: Math.round(h * ratio) });
    Object.assign(sheet.style, { width: w + "px", height: h + "px", top: top + "px", left: left + "px" });
    const pen = sheet.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, w, h);
    return pen;
  }
  // from coordinates to pixels, as the plot's axes have it
  function scales(target) {
    const { xaxis, yaxis } = target._fullLayout;
    const [x0, x1] = xaxis.range, [y0, y1] = yaxis.range;
    return { x: (v) => xaxis._offset + ((v - x0) / (x1 - x0)) * xaxis._length, y: (v) => yaxis._offset + ((y1 - v) / (y1 - y0)) * yaxis._length };
  }
  function lines(pen, to, trace) {
    pen.globalAlpha = trace.opacity;
    pen.strokeStyle = trace.line.color;
    pen.lineWidth = trace.line.width;
    pen.beginPath();
    for (let i = 0; i + 1 < trace.x.length; i += 3) {
      pen.moveTo(to.x(trace.x[i]), to.y(trace.y[i]));
      pen.lineTo(to.x(trace.x[i + 1]), to.y(trace.y[i + 1]));
    }
    pen.stroke();
  }
  function star(pen, x, y, radius) {
    for (let i = 0; i < 10; i++) {
      const reach = i % 2 ? radius * 0.42 : radius, turn = (i * Math.PI) / 5;
      pen[i ? "lineTo" : "moveTo"](x + reach * Math.sin(turn), y - reach * Math.cos(turn));
    }
    pen.closePath();
  }
  function dots(pen, to, trace) {
    const { color, symbol, size } = trace.marker, radius = SIZES[symbol] ?? size / 2, byColour = new Map();
    trace.x.forEach((v, i) => {
      if (v === null) return;
      const key = Array.isArray(color) ? color[i] : color;
      if (!byColour.has(key)) byColour.set(key, []);
      byColour.get(key).push(i);
    });
    pen.globalAlpha = trace.marker.opacity ?? 1;
    for (const [key, places] of byColour) {
      pen.fillStyle = pen.strokeStyle = key;
      pen.lineWidth = 2.5;
      pen.beginPath();
      for (const i of places) {
        const x = to.x(trace.x[i]), y = to.y(trace.y[i]);
        if (symbol === "star") star(pen, x, y, radius);
        else { pen.moveTo(x + radius, y); pen.arc(x, y, radius, 0, 2 * Math.PI); }
      }
      symbol === "circle-open" ? pen.stroke() : pen.fill();
    }
  }
  function paint(target, traces) {
    const pen = canvas(target), to = scales(target);
    for (const trace of traces) trace.mode === "lines" ? lines(pen, to, trace) : dots(pen, to, trace);
    target.classList.add("moving");
  }
  function clear(target) {
    target.classList.remove("moving");
    target.parentElement.querySelector("canvas.mg-frames")?.remove();
  }
  return { paint, clear };
})();
