(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const controls = byId("controls"), text = byId("text"), only = byId("only"), shown = byId("shown");
  const tree = byId("tree");
  const rows = [...tree.querySelectorAll("tr[data-name]")];
  const modules = [...tree.querySelectorAll("details")].reverse(); // the inner ones first
  const filter = () => {
    const wanted = text.value.trim().toLowerCase();
    const active = wanted !== "" || only.checked;
    const holders = new Set();
    let count = 0;
    for (const row of rows) {
      const fits = row.dataset.name.toLowerCase().includes(wanted) && (!only.checked || row.classList.contains("lost"));
      row.hidden = !fits;
      if (!fits) continue;
      count += 1;
      holders.add(row.closest("details"));
      holders.add(row.closest("table"));
    }
    for (const module of modules) {
      if (holders.has(module)) holders.add(module.parentElement.closest("details"));
    }
    for (const module of modules) {
      module.hidden = active && !holders.has(module);
      if (active && !module.hidden) module.open = true;
    }
    for (const table of tree.querySelectorAll("table")) table.hidden = active && !holders.has(table);
    shown.textContent = active ? `${count} of ${rows.length} shown` : "";
  };
  const all = (open) => () => modules.forEach((module) => { module.open = open; });
  text.addEventListener("input", filter);
  only.addEventListener("change", filter);
  byId("expand").addEventListener("click", all(true));
  byId("collapse").addEventListener("click", all(false));
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.reset(); // what a browser remembers of an earlier visit
  controls.hidden = false;
})();
