/* Figures that have several views, and another layout in a narrow window: what they say of it
   stands in the `meta` of their layout.

     views         [{label, traces: [index, …]}]  one button a view; the first one is shown first
     narrow        what takes the place of entries of the layout where the figure is narrow
     narrowHeight  how high, in pixels, it is then */
(function () {
  "use strict";

  const NARROW = 520;

  function makeButtons(element, views, choose) {
    const group = document.createElement("div");
    group.className = "views";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "What the figure shows");
    const buttons = views.map((view, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = view.label;
      button.setAttribute("aria-pressed", String(i === 0));
      button.addEventListener("click", () => {
        buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
        choose(view);
      });
      return button;
    });
    group.append(...buttons);
    element.before(group);
  }

  abawkit.scripts.figure = function (element, data) {
    const meta = (data.layout || {}).meta || {};
    let view = meta.views && meta.views[0];
    let narrow = element.clientWidth < NARROW;

    function draw() {
      const traces = !view ? data.traces : data.traces.map((trace, i) =>
        Object.assign({}, trace, { visible: view.traces.includes(i) }));
      const layout = Object.assign({}, data.layout, narrow ? meta.narrow : {});
      layout.height = (narrow && meta.narrowHeight) || layout.height;
      if (layout.height) {
        element.style.height = layout.height + "px";
      }
      return abawkit.plot(element, traces, layout);
    }

    if (view) {
      makeButtons(element, meta.views, (chosen) => { view = chosen; draw(); });
    }
    if (meta.narrow || meta.narrowHeight) {
      new ResizeObserver(() => {
        const now = element.clientWidth < NARROW;
        if (element.clientWidth && now !== narrow) {
          narrow = now;
          draw();
        }
      }).observe(element);
    }
    return draw();
  };
})();
