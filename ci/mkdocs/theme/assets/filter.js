// Shows those requirements that have the chosen level and all the words.
(() => {
  const filter = document.querySelector(".filter");
  const all = document.querySelector(".all");
  const apply = () => {
    const levels = [...filter.querySelectorAll("input:checked")].map((box) => box.value);
    const words = filter.querySelector("[type=search]").value.toLowerCase().split(/\s+/);
    let heading = null;
    for (const item of all.children) {
      if (item.tagName === "H2") {
        heading = item;
        heading.hidden = true;
        continue;
      }
      const text = item.textContent.toLowerCase();
      const shown = levels.includes(item.dataset.level) && words.every((word) => text.includes(word));
      item.hidden = !shown;
      if (shown && heading) heading.hidden = false;
    }
  };
  filter.addEventListener("input", apply);
  apply();
})();
