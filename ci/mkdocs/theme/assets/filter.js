// Shows those requirements that have the chosen level and version, and all the words.
(() => {
  const filter = document.querySelector(".filter");
  const all = document.querySelector(".all");
  const apply = () => {
    const levels = [...filter.querySelectorAll("input:checked")].map((box) => box.value);
    const version = Number(filter.querySelector("select").value) || null;
    const words = filter.querySelector("[type=search]").value.toLowerCase().split(/\s+/);
    let heading = null;
    for (const item of all.children) {
      if (item.tagName === "H2") {
        heading = item;
        heading.hidden = true;
        continue;
      }
      const { level, since, until } = item.dataset;
      const text = item.textContent.toLowerCase();
      const shown = levels.includes(level) && words.every((word) => text.includes(word)) &&
        (!version || (Number(since) <= version && version <= Number(until)));
      item.hidden = !shown;
      if (shown && heading) heading.hidden = false;
    }
  };
  filter.addEventListener("input", apply);
  apply();
})();
