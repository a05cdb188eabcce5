// Everything is delegated from the document: Gradio draws and redraws the page after this has run.
(() => {
  const KEY = "prompt-or-tune-theme";
  const root = document.documentElement;

  const paint = (dark) => document.body.classList.toggle("dark", dark);

  // Storage can be forbidden, as in a private window; the choice then lasts until the page is left.
  const remembered = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const remember = (value) => { try { localStorage.setItem(KEY, value); } catch { /* see above */ } };

  const sortBy = (button) => {
    const heading = button.closest("th");
    const body = button.closest("table").tBodies[0];
    const column = heading.cellIndex;
    const numeric = button.dataset.sort === "number";
    const before = heading.getAttribute("aria-sort");
    const descending = before === "none" ? numeric : before === "ascending";
    const value = (row) => row.cells[column].dataset.value;
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");  // what is missing stays last
      const sign = numeric ? Number(x) - Number(y) : x.localeCompare(y);
      return descending ? -sign : sign;
    };
    for (const other of heading.parentElement.cells) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    body.append(...[...body.rows].sort(order));
  };

  document.addEventListener("click", (event) => {
    const sorter = event.target.closest("[data-sort]");
    if (sorter) sortBy(sorter);
    if (event.target.closest("[data-toggle-theme]")) {
      const dark = !document.body.classList.contains("dark");
      paint(dark);
      remember(dark ? "dark" : "light");
    }
  });

  // A link to what is shown: the page's own address, with no part of it that is for this visitor alone.
  const address = (query) => new URL(query, location.origin + location.pathname).href;

  const copy = async (text) => {
    try { return await navigator.clipboard.writeText(text); } catch { /* only secure pages may: the old way then */ }
    const box = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
    box.select();
    document.execCommand("copy");
    box.remove();
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-link]");
    if (!button) return;
    await copy(address(button.dataset.copyLink));
    const label = button.querySelector("[aria-live]");
    label.dataset.before ??= label.textContent;
    label.textContent = "Copied";
    setTimeout(() => { label.textContent = label.dataset.before; }, 2000);
  });

  // The tab is part of the address, so that it can be reloaded, bookmarked and sent.
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("#tabs [role=tab]");
    if (!tab) return;
    const here = new URL(location.href);
    here.searchParams.set("tab", tab.dataset.tabId);
    history.replaceState(history.state, "", here);
  });

  // Each arriving answer redraws the board, which closes what a reader has opened: open it again.
  document.addEventListener("click", (event) => {
    const details = event.target.closest("summary")?.parentElement;
    if (details) details.wanted = !details.open;
  });
  document.addEventListener("toggle", ({ target }) => {
    if (target.wanted && !target.open) target.open = true;
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    if (!event.target.closest("#text")) return;
    event.preventDefault();
    document.querySelector("#ask")?.click();
  }, true);

  // The choice of an earlier visit wins over the system's, once Gradio has applied the latter.
  const chosen = remembered();
  if (chosen && !new URLSearchParams(location.search).has("__theme")) {
    const observer = new MutationObserver(() => {
      if (!document.querySelector("[data-toggle-theme]")) return;
      observer.disconnect();
      paint(chosen === "dark");
    });
    observer.observe(root, { childList: true, subtree: true });
  }
})();
