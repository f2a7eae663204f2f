// What the page does in the browser beside Gradio: one listener for each kind of event, on the document.
(() => {
  const same = (id) => {
    document.querySelectorAll(".mg-card.same").forEach((card) => card.classList.remove("same"));
    if (id) document.querySelectorAll(`.mg-card[data-doc="${CSS.escape(id)}"]`).forEach((card) => card.classList.add("same"));
  };
  const card = (event) => event.target.closest && event.target.closest(".mg-card");
  // focusing a card scrolls the page beneath a resting pointer: the card that drifts under it must not take the mark
  let resting = null;
  let pointer = "";
  const mark = (event) => same(card(event) ? card(event).dataset.doc : null);
  document.addEventListener("focusin", (event) => {
    resting = pointer;
    mark(event);
  });
  document.addEventListener("mouseover", (event) => {
    pointer = `${event.clientX},${event.clientY}`;
    if (pointer === resting) return;
    resting = null;
    mark(event);
  });

  // Gradio names each radio button apart, so that the arrow keys do nothing: move among them here
  document.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (!(event.key in steps) || !event.target.matches?.('fieldset input[type="radio"]')) return;
    const all = [...event.target.closest("fieldset").querySelectorAll('input[type="radio"]')];
    const next = all[(all.indexOf(event.target) + steps[event.key] + all.length) % all.length];
    event.preventDefault();
    next.focus();
    next.click();
  });

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // without a secure context there is no clipboard API: fall back to a selection
      const box = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
  };
  window.mindgapCopy = copy;
  const flash = (button, word) => {
    const before = button.textContent;
    button.textContent = word;
    setTimeout(() => (button.textContent = before), 1400);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest && event.target.closest("button");
    if (!button) return;
    // back on Compare the address is that of the comparison again
    if (button.matches('[role="tab"]') && button.textContent.trim() === "Compare") {
      const shown = new URLSearchParams(document.querySelector("[data-permalink]")?.dataset.permalink ?? "");
      const theme = new URLSearchParams(location.search).get("__theme");
      if (theme) shown.set("__theme", theme);
      history.replaceState(null, "", location.pathname + "?" + shown);
    }
    if (button.matches(".mg-more")) {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      button.previousElementSibling.classList.toggle("open", open);
      button.textContent = open ? "fewer lines" : `all ${button.dataset.lines} lines`;
    } else if (button.matches(".mg-copy")) {
      const link = button.closest("[data-permalink]").dataset.permalink;
      await copy(location.origin + location.pathname + link);
      flash(button, "Copied");
    } else if (button.matches(".mg-theme")) {
      const dark = document.body.classList.toggle("dark");
      try { localStorage.setItem("mindgap-theme", dark ? "dark" : "light"); } catch { /* private window */ }
      const here = new URLSearchParams(location.search);
      here.set("__theme", dark ? "dark" : "light");
      history.replaceState(null, "", location.pathname + "?" + here);
    }
  });

  // the theme chosen last time, unless the address names one: Gradio reads it from the address when it starts
  let kept = null;
  try { kept = localStorage.getItem("mindgap-theme"); } catch { /* private window */ }
  const asked = new URLSearchParams(location.search);
  if (kept && !asked.has("__theme")) {
    asked.set("__theme", kept);
    history.replaceState(null, "", location.pathname + "?" + asked);
  }
})();
