// The sections of the tab Measure: one is shown at a time, and the address names it.
(() => {
  const TAB = "Measure";
  let root = null;
  const buttons = () => [...root.querySelectorAll("[data-section]")];
  const section = () => document.body.dataset.measure ?? "tables";
  const task = () => document.querySelector("#mg-measure-task input:checked")?.value;

  function address() {
    if (!root?.offsetParent) return;
    const parts = new URLSearchParams({ tab: "measure", section: section() });
    if (section() !== "tables" && task()) parts.set("task", task());
    const theme = new URLSearchParams(location.search).get("__theme");
    if (theme) parts.set("__theme", theme);
    history.replaceState(null, "", location.pathname + "?" + parts);
  }
  function open(name) {
    document.body.dataset.measure = name;
    buttons().forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.section === name)));
  }
  function start(element, tell) {
    root = element;
    const asked = new URLSearchParams(location.search), named = asked.get("tab") === "measure" && asked.get("section");
    open(buttons().some((button) => button.dataset.section === named) ? named : section());
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-section]");
      if (!button) return;
      open(button.dataset.section);
      address();
      tell(button.dataset.section);
    });
  }
  document.addEventListener("click", (event) => {
    const tab = event.target.closest?.('[role="tab"]');
    // the tab's own content is shown after this event
    if (tab && tab.textContent.trim() === TAB) setTimeout(address);
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest?.("#mg-measure-task")) setTimeout(address);
  });
  window.mindgapMeasure = { start };
})();
