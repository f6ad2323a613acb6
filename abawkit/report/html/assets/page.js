/* What makes a report's page move: themes, figures, tables. See `page.py` for the page itself.

   window.abawkit
     scripts                       {kind: function (element, data)}; fills a place of the page, may
                                   give a promise
     colour(name)                  the colour of "ink" or "@ink" in the theme of now; of a scale,
                                   a list of [place, colour]
     onTheme(call)                 calls when the theme has changed
     plot(element, traces, layout) draws with Plotly, or draws anew; colours by name, as "@ink";
                                   gives the promise of Plotly. It draws again in the other theme.
                                   A zoom stays where `layout.uirevision` stays.
     turn()                        a promise: there is time to draw the next thing
     ready                         a promise: the page is there, and what is seen first is drawn */
(function () {
  "use strict";

  const root = document.documentElement;
  const dark = document.getElementById("dark");
  const SCALES = new Set(["sequential", "diverging"]);
  const NAMES = ["ink", "muted", "grid", "surface", "truth", "gap", "good", "bad", "accent",
    "series1", "series2", "series3", "series4", "series5", "series6", ...SCALES];
  const SYSTEM = dark ? dark.media : "";
  const listeners = [];
  const drawn = new Map();
  const scripts = {};
  let palette = readPalette();

  /* ---- colours ---- */

  function readPalette() {
    const style = getComputedStyle(root);
    const found = {};
    for (const name of NAMES) {
      const text = style.getPropertyValue("--" + name).trim();
      if (SCALES.has(name)) {
        const colours = text.split(/\s+/);
        found[name] = colours.map((colour, i) => [i / (colours.length - 1), colour]);
      } else {
        found[name] = text;
      }
    }
    return found;
  }

  function colour(name) {
    const found = palette[name.replace(/^@/, "")];
    if (found === undefined) {
      throw new Error("no colour " + name + "; there are " + NAMES.join(", "));
    }
    return found;
  }

  function onTheme(call) {
    listeners.push(call);
  }

  function changed() {
    palette = readPalette();
    for (const [element, [traces, layout]] of drawn) {
      if (element.isConnected) {
        plot(element, traces, layout);
      } else {
        drawn.delete(element);
      }
    }
    listeners.forEach((call) => call());
  }

  /* ---- figures ---- */

  // Lists of numbers stay as they are: they may be long.
  function resolve(value) {
    if (typeof value === "string") {
      return value[0] === "@" && value.slice(1) in palette ? palette[value.slice(1)] : value;
    }
    if (Array.isArray(value)) {
      return typeof value[0] === "number" ? value : value.map(resolve);
    }
    if (value && Object.getPrototypeOf(value) === Object.prototype) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item)]));
    }
    return value;
  }

  function template() {
    const family = getComputedStyle(document.body).fontFamily;
    const axis = {
      automargin: true, gridcolor: "@grid", zerolinecolor: "@grid", linecolor: "@grid",
      tickcolor: "@grid", tickfont: { color: "@muted" }, ticks: "", zerolinewidth: 1,
      title: { font: { color: "@muted", size: 12 }, standoff: 8 },
    };
    const bar = { outlinewidth: 0, thickness: 10, tickfont: { color: "@muted" } };
    return resolve({
      layout: {
        font: { family: family, size: 12, color: "@ink" },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        colorway: [1, 2, 3, 4, 5, 6].map((i) => "@series" + i),
        margin: { l: 48, r: 12, t: 12, b: 40 },
        xaxis: axis,
        yaxis: axis,
        legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { color: "@ink" } },
        hoverlabel: {
          bgcolor: "@surface", bordercolor: "@muted", font: { family: family, color: "@ink" },
        },
        modebar: { bgcolor: "rgba(0,0,0,0)", color: "@muted", activecolor: "@accent" },
        colorscale: { sequential: "@sequential", diverging: "@diverging" },
        coloraxis: { colorbar: bar },
        annotationdefaults: { font: { color: "@ink" } },
      },
      data: {
        heatmap: [{ colorscale: "@sequential", colorbar: bar }],
        histogram2d: [{ colorscale: "@sequential", colorbar: bar }],
        bar: [{ marker: { line: { width: 0 } } }],
      },
    });
  }

  const CONFIG = {
    responsive: true, displaylogo: false, doubleClickDelay: 400,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };

  function plot(element, traces, layout) {
    drawn.set(element, [traces, layout]);
    const whole = Object.assign({ uirevision: "kept" }, resolve(layout || {}));
    whole.template = template();
    return Plotly.react(element, resolve(traces), whole, CONFIG);
  }

  /* ---- what is drawn when it is about to be seen ---- */

  const started = new Map();

  function dataOf(element) {
    const text = document.getElementById(element.id + "-data").textContent;
    return JSON.parse(text);
  }

  function start(element) {
    if (!started.has(element)) {
      started.set(element, begin(element).then(() => element.removeAttribute("aria-busy")));
    }
    return started.get(element);
  }

  async function begin(element) {
    const data = dataOf(element);
    const kind = element.dataset.kind;
    if (scripts[kind]) {
      await scripts[kind](element, data);
    } else if (kind === "figure") {
      await plot(element, data.traces, data.layout);
    } else {
      throw new Error("no script " + kind);
    }
  }

  function places() {
    return Array.from(document.querySelectorAll("[data-kind]"));
  }

  // When the loop has had time for what else there is to do, such as scrolling.
  function turn() {
    return new Promise((done) => {
      if (window.requestIdleCallback) {
        requestIdleCallback(done, { timeout: 200 });
      } else {
        setTimeout(done, 0);
      }
    });
  }

  function watch() {
    let last = Promise.resolve();
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((one) => one.isIntersecting)) {
        seen.unobserve(entry.target);
        last = last.then(turn).then(() => { start(entry.target); });
      }
    }, { rootMargin: "300px 0px" });
    places().forEach((element) => seen.observe(element));
  }

  // "#timeline=video1" is a place in what the script of that kind draws.
  async function follow() {
    const kind = location.hash.slice(1).split("=")[0];
    if (!location.hash.includes("=") || !kind) {
      return;
    }
    const element = places().find((one) => one.dataset.kind.startsWith(kind));
    if (element) {
      await start(element);
      const section = element.closest("section");
      const heading = section.querySelector("h2");
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      (element.closest("figure") ?? section).scrollIntoView();
    }
  }

  // Browsers say nothing of a link to the place that the address already names.
  function followAgain(event) {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash.includes("=") && link.hash === location.hash) {
      dispatchEvent(new HashChangeEvent("hashchange"));
    }
  }

  /* ---- tables ---- */

  function sortBy(table, column, ascending) {
    const body = table.tBodies[0];
    const keyOf = (row) => {
      const cell = row.cells[column];
      const value = cell.dataset.value;
      return value === undefined ? cell.textContent.trim() : value === "" ? NaN : Number(value);
    };
    const way = ascending ? 1 : -1;
    const rows = Array.from(body.rows, (row) => [keyOf(row), row]);
    rows.sort(([a], [b]) => {
      if (typeof a === "string" || typeof b === "string") {
        return way * String(a).localeCompare(String(b), "en", { numeric: true });
      }
      // What is undefined is last, whichever way.
      return Number.isNaN(a) ? Number(!Number.isNaN(b)) : Number.isNaN(b) ? -1 : way * (a - b);
    });
    body.append(...rows.map(([, row]) => row));
    Array.from(table.tHead.rows[0].cells).forEach((head, i) => {
      head.setAttribute("aria-sort", i !== column ? "none" : ascending ? "ascending" : "descending");
    });
  }

  function makeSortable(table) {
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const was = head.getAttribute("aria-sort");
        sortBy(table, column, was !== "ascending");
      });
    });
  }

  function makeFilter(input) {
    const table = document.getElementById(input.dataset.filter);
    const status = document.getElementById(input.dataset.filter + "-shown");
    const rows = Array.from(table.tBodies[0].rows);
    const names = rows.map((row) => row.cells[0].textContent.toLowerCase());
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, i) => {
        row.hidden = !words.every((word) => names[i].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      status.textContent = shown + " of " + rows.length;
    });
  }

  /* ---- buttons ---- */

  function setTheme(name) {
    if (!dark) {
      return;
    }
    dark.media = name === "dark" ? "screen" : name === "light" ? "not all" : SYSTEM;
    root.dataset.theme = name || "";
    changed();
  }

  function isDark() {
    return getComputedStyle(root).colorScheme.trim() === "dark";
  }

  function makeThemeButton(button) {
    const tell = () => button.setAttribute("aria-pressed", String(isDark()));
    button.hidden = false;
    button.addEventListener("click", () => {
      const name = isDark() ? "light" : "dark";
      setTheme(name);
      tell();
      try {
        localStorage.setItem("abawkit-theme", name);
      } catch (error) {
        // A page of a file may not remember; it is as the system says the next time.
      }
    });
    tell();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      changed();
      tell();
    });
  }

  function makeCopy(button) {
    const source = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = source.textContent.trim();
      const label = button.textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch (error) {
        // Without leave to write, the text is marked for the keys that copy.
        getSelection().selectAllChildren(source);
        button.textContent = "Marked: press Ctrl+C";
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }

  // Which part of the page is being read.
  function makeNavigation(links) {
    const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
    let waiting = false;
    const tell = () => {
      waiting = false;
      let current = 0;
      sections.forEach((section, i) => {
        if (section.getBoundingClientRect().top < innerHeight / 3) {
          current = i;
        }
      });
      links.forEach((link, i) => {
        if (i !== current) {
          link.removeAttribute("aria-current");
        } else if (!link.hasAttribute("aria-current")) {
          link.setAttribute("aria-current", "true");
          const bar = link.parentElement;
          bar.scrollLeft = link.offsetLeft - (bar.clientWidth - link.offsetWidth) / 2;
        }
      });
    };
    addEventListener("scroll", () => {
      if (!waiting) {
        waiting = true;
        requestAnimationFrame(tell);
      }
    }, { passive: true });
    tell();
  }

  // Printing waits for nothing, and some figures take a while: unpacking is one such wait.
  function makePrintButton(button) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      button.textContent = "Drawing\u2026";
      try {
        for (const element of places()) {
          await start(element);
          await turn();
        }
      } finally {
        button.disabled = false;
        button.textContent = label;
      }
      print();
    });
  }

  function preparePrint() {
    let before = "";
    addEventListener("beforeprint", () => {
      before = root.dataset.theme || "";
      places().forEach(start);
      setTheme("light");
    });
    addEventListener("afterprint", () => setTheme(before));
  }

  const all = (selector, call) => document.querySelectorAll(selector).forEach(call);
  const ready = new Promise((done) => {
    addEventListener("DOMContentLoaded", async () => {
      all("table.sortable", makeSortable);
      all("input[data-filter]", makeFilter);
      all("button.theme", makeThemeButton);
      all("button.print", makePrintButton);
      all("button[data-copy]", makeCopy);
      makeNavigation(Array.from(document.querySelectorAll("nav.parts a")));
      preparePrint();
      addEventListener("hashchange", follow);
      document.addEventListener("click", followAgain);
      await follow();
      watch();
      done();
    });
  });

  window.abawkit = { scripts, colour, onTheme, plot, turn, ready };
})();
