/* The timelines of all videos, one at a time: choose a video, read what is wrong with it, zoom in.
   The data are told in timelines.py. */
(function () {
  "use strict";

  const MOST_COLUMNS = 900;
  const SHOWN = 4;
  // Made once: it is slow to make, and called thousands of times.
  const number = new Intl.NumberFormat("en").format;
  const small = (value) => Math.abs(value) < 0.00005;
  const fixed = (value) => (small(value) ? 0 : value).toFixed(4).replace("-", "\u2212");
  const signed = (value) => (value < 0 || small(value) ? "" : "+") + fixed(value);
  const percent = (part, whole) => (whole ? Math.round((100 * part) / whole) : 0) + " %";

  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }

  function button(text, label, call) {
    const element = make("button", { type: "button", class: "button", "aria-label": label }, text);
    element.addEventListener("click", call);
    return element;
  }

  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  function labelled(text, control) {
    return make("label", {}, make("span", {}, text), control);
  }

  abawkit.scripts.timelines = async function (element, data) {
    const state = { order: [], place: 0, video: null, tracks: null, from: 0, to: 1, frame: 0,
      drawing: 0 };
    const parts = build();
    const plots = data.targets.map((target) => addPlot(target));
    // Values may be thinned out: two are kept of so many frames.
    const thin = data.every > 2;
    const step = thin ? data.every / 2 : 1;

    /* ---- what stands there ---- */

    function build() {
      const order = make("select", {});
      const video = make("select", { class: "video" });
      const where = make("span", { class: "where", "aria-live": "polite" });
      const about = make("p", { class: "about" });
      const words = make("div", { class: "words" });
      const slider = make("input", { type: "range", min: "1", step: "1" });
      const readout = make("output", { class: "readout" });
      const note = make("p", { class: "note" });
      const figures = make("div", { class: "plots" });
      const several = data.entries.length > 1;
      data.entries.forEach((name, i) => {
        const of = several ? " for " + name : "";
        order.append(
          make("option", { value: "worst " + i }, "Pulls the score down most" + of),
          make("option", { value: "best " + i }, "Lifts the score most" + of));
      });
      order.append(make("option", { value: "name 0" }, "Name"));
      element.classList.add("timelines");
      element.append(
        make("div", { class: "choose", role: "group", "aria-label": "Which video" },
          labelled("Sorted by", order), labelled("Video", video),
          make("span", { class: "steps" },
            button("\u2190", "Previous video", () => choose(state.place - 1)),
            button("\u2192", "Next video", () => choose(state.place + 1)), where)),
        about, words,
        make("div", { class: "choose zoom", role: "group", "aria-label": "Which frames" },
          make("span", { class: "steps" },
            button("+", "Zoom in", () => zoom(0.5)), button("\u2212", "Zoom out", () => zoom(2)),
            button("\u2039", "Earlier frames", () => pan(-0.5)),
            button("\u203a", "Later frames", () => pan(0.5)),
            button("All", "All frames", () => look(0, state.video.frames))),
          note),
        figures,
        make("div", { class: "frame" }, labelled("Frame", slider), readout));
      return { order, video, where, about, words, slider, readout, note, figures };
    }

    function addPlot(target) {
      const plot = make("div", { class: "plot", role: "group" });
      const kind = target.kind === "units" ? "Action units"
        : target.kind === "classes" ? "Classes" : capital(target.names.join(" and "));
      plot.setAttribute("aria-label", kind + " over time; the frame below it is read out in words");
      const head = data.targets.length > 1 ? [make("h3", {}, kind)] : [];
      parts.figures.append(make("div", { class: "track" }, ...head, ...key(target), plot));
      return plot;
    }

    function key(target) {
      if (target.kind === "classes") {
        const colours = abawkit.ribbons.classColours(target.names);
        const short = abawkit.ribbons.letters(target.names);
        const items = target.names.map((name, i) => make("span", {},
          make("b", { style: "background: var(--" + colours[i] + ")" }, short[i]),
          name.replace(/_/g, " ")));
        const wrong = make("span", {}, make("b", { class: "wrong" }), "wrong, the stronger the more");
        return [make("p", { class: "legend" }, ...items, wrong)];
      }
      if (target.kind === "units") {
        const rows = ["truth", ...data.entries].join(", ");
        const items = [["truth", "truth"], ["hit", "agrees"], ["wrong", "false alarm"],
          ["miss", "missed"], ["unknown", "not annotated"]];
        return [make("p", { class: "legend" },
          make("span", {}, "Rows of a unit from the top: " + rows + "."),
          ...items.map(([name, text]) => make("span", {}, make("b", { class: name }), text)))];
      }
      return [];
    }

    /* ---- which video ---- */

    function sort() {
      const [way, i] = parts.order.value.split(" ");
      const change = (video) => video.entries[Number(i)].change;
      state.order = data.videos.slice();
      if (way !== "name") {
        const sign = way === "worst" ? 1 : -1;
        // What is undefined is last, whichever way.
        state.order.sort((a, b) => (change(a) === null) - (change(b) === null)
          || sign * (change(a) - change(b)));
      }
      parts.video.replaceChildren(...state.order.map((video, place) => {
        const moved = way === "name" || change(video) === null ? "" : "  " + signed(change(video));
        return make("option", { value: String(place) }, video.name + moved);
      }));
    }

    function asked() {
      const found = /^#timeline=(.*)$/.exec(location.hash);
      if (!found) {
        return -1;
      }
      const names = [found[1]];
      try {
        names.push(decodeURIComponent(found[1]));
      } catch (error) {
        // A lone % in a name that was not encoded.
      }
      return state.order.findIndex((video) => names.includes(video.name));
    }

    // As `show`, and the address says which, for whoever copies it.
    function choose(place) {
      const done = show(place);
      const name = encodeURIComponent(state.order[state.place].name);
      try {
        history.replaceState(history.state, "", "#timeline=" + name);
      } catch (error) {
        // A page within another may not say so.
      }
      return done;
    }

    async function show(place) {
      const count = state.order.length;
      state.place = (place + count) % count;
      const video = state.order[state.place];
      parts.video.value = String(state.place);
      parts.where.textContent = state.place + 1 + " of " + count;
      tell(video);
      const tracks = await unpack(video);
      // Another one may have been chosen while this one was unpacked.
      if (state.order[state.place] === video) {
        Object.assign(state, { video, tracks, frame: 0 });
        parts.slider.max = String(video.frames);
        await look(0, video.frames);
        read();
      }
    }

    async function unpack(video) {
      const sets = data.entries.length + 1;
      const columns = (kinds) => data.targets.filter((target) => kinds.includes(target.kind))
        .reduce((sum, target) => sum + (target.kind === "classes" ? 1 : target.names.length), 0);
      const counts = { values: sets * columns(["values"]) };
      const others = columns(["classes", "units"]);
      counts.labels = sets * others + (data.faces ? 1 : 0);
      const { values, labels } = await abawkit.frames.unpack(video.data, video, counts);
      const faces = data.faces ? labels.shift() : null;
      const offsets = { values: 0, labels: 0 };
      const channels = data.targets.map((target) => {
        const [bank, width, kind] = target.kind === "values"
          ? [values, counts.values / sets, "values"] : [labels, others, "labels"];
        const size = target.kind === "classes" ? 1 : target.names.length;
        const first = offsets[kind];
        offsets[kind] += size;
        return Array.from({ length: sets }, (_, set) =>
          bank.slice(set * width + first, set * width + first + size)).flat();
      });
      return { faces, channels };
    }

    // The first ones at once, so that the plots are not pushed out of sight.
    function reasons(why) {
      const listed = (lines) =>
        make("ul", {}, ...lines.map((line) => make("li", {}, line.replace(/ %/g, "\u00a0%"))));
      if (why.length <= SHOWN + 1) {
        return [listed(why)];
      }
      const more = make("summary", {}, (why.length - SHOWN) + " more");
      return [listed(why.slice(0, SHOWN)), make("details", {}, more, listed(why.slice(SHOWN)))];
    }

    function tell(video) {
      const facts = [number(video.frames) + " frames", number(video.counted) + " annotated"];
      if (data.faces) {
        facts.push(percent(video.faceless, video.frames) + " without a face");
      }
      parts.about.textContent = facts.join(" \u00b7 ");
      parts.words.replaceChildren(...video.entries.map((entry, i) => {
        const score = entry.score === null ? "undefined" : fixed(entry.score);
        const moves = entry.change === null ? "" : small(entry.change)
          ? "does not move the score" : entry.change < 0
          ? "pulls the score down by " + (-entry.change).toFixed(4)
          : "lifts the score by " + entry.change.toFixed(4);
        const mark = "border-color: var(--" + data.styles[i].colour.slice(1) + ")";
        return make("div", { class: "verdict", style: mark },
          make("h3", {}, data.entries[i]),
          make("p", {}, make("strong", {}, score), " by itself" + (moves && ", ") + moves),
          ...reasons(entry.why));
      }));
    }

    /* ---- which frames ---- */

    function look(from, to) {
      const frames = state.video.frames;
      const width = Math.max(Math.min(Math.round(to - from), frames), Math.min(frames, 10));
      state.from = Math.round(Math.min(Math.max(from, 0), frames - width));
      state.to = state.from + width;
      return draw();
    }

    function zoom(by) {
      const middle = state.frame >= state.from && state.frame < state.to && by < 1
        ? state.frame : (state.from + state.to) / 2;
      const width = (state.to - state.from) * by;
      look(middle - width / 2, middle + width / 2);
    }

    function pan(by) {
      const width = state.to - state.from;
      const from = Math.min(Math.max(state.from + by * width, 0), state.video.frames - width);
      look(from, from + width);
    }

    /* ---- drawing ---- */

    // One plot a turn of the loop, so that scrolling goes on between them; of two drawings at a
    // time, the later one goes on.
    async function draw() {
      const mine = ++state.drawing;
      delete element.dataset.shown;
      const width = Math.max(parts.figures.clientWidth - 90, 200);
      const view = {
        from: state.from, to: state.to, width, entries: data.entries, colour: abawkit.colour,
        columns: Math.min(width, MOST_COLUMNS), faces: state.tracks.faces,
      };
      let per = 1;
      let more = false;
      for (const [i, target] of data.targets.entries()) {
        const channels = state.tracks.channels[i];
        const drawn = target.kind === "values"
          ? lines(target, channels, view) : cells(target, channels, view);
        per = Math.max(per, drawn.per);
        more = more || drawn.per > (target.kind === "values" ? data.every : 1);
        plots[i].style.height = drawn.layout.height + "px";
        await abawkit.plot(plots[i], drawn.traces, drawn.layout);
        listen(plots[i]);
        await abawkit.turn();
        if (mine !== state.drawing) {
          return;
        }
      }
      parts.note.textContent = "Frames " + number(state.from + 1) + " to " + number(state.to) + ". "
        + (more ? "Each step is " + number(per) + " frames: zoom in to see "
          + (thin ? "more." : "them all.")
          : thin ? "All that this page holds is drawn: of values, ranges of " + number(data.every)
            + " frames." : "Every frame is drawn.");
      element.dataset.shown = [state.video.name, state.from, state.to].join("|");
    }

    // Once for each plot: a zoom in one of them is a zoom in all.
    function listen(plot) {
      if (plot.dataset.heard) {
        return;
      }
      plot.dataset.heard = "yes";
      plot.on("plotly_relayout", (change) => {
        const [low, high] = ["xaxis.range[0]", "xaxis.range[1]"].map((name) => change[name]);
        if (low !== undefined) {
          look(low - 0.5, high - 0.5);
        } else if (change["xaxis.autorange"]) {
          look(0, state.video.frames);
        }
      });
      plot.on("plotly_doubleclick", () => { look(0, state.video.frames); return false; });
      plot.on("plotly_click", (event) => { seek(Math.round(event.points[0].x) - 1); });
    }

    function layoutOf(extra) {
      const range = [state.from + 0.5, state.to + 0.5];
      const one = matchMedia("(pointer: coarse)").matches;
      return Object.assign({
        uirevision: state.video.name + range.join(), legend: { uirevision: "kept" },
        // Fingers scroll the page; they have the buttons to zoom.
        dragmode: one ? false : "zoom", hovermode: "closest",
        margin: { l: 78, r: 12, t: 8, b: 40 }, shapes: cursor(), xaxis: {
          range, minallowed: 0.5, maxallowed: state.video.frames + 0.5, title: { text: "frame" },
          showgrid: false, tickformat: ",d", zeroline: false,
          unifiedhovertitle: { text: thin ? "near frame %{x:,d}" : "frame %{x:,d}" + imageAt() },
        },
      }, extra);
    }

    // Where frames are counted from another number, a file's name cannot be made of the place.
    function imageAt() {
      const { first, before, digits, after } = data.image;
      return first === 1 && (before || after)
        ? " \u00b7 " + before + "%{x:0" + digits + "d}" + after : "";
    }

    function cursor() {
      const x = state.frame + 1;
      return [{
        type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1,
        line: { color: abawkit.colour("accent"), width: 1 },
      }];
    }

    function lines(target, channels, view) {
      const count = target.names.length;
      const narrow = parts.figures.clientWidth < 520;
      const layout = layoutOf({
        height: (narrow ? 150 : 190) * count + 84, hovermode: "x unified", margin:
          { l: data.targets.length > 1 ? 78 : 58, r: 12, t: 34, b: 40 },
      });
      const traces = [];
      let per = 1;
      target.names.forEach((name, output) => {
        const axis = output ? "y" + (output + 1) : "y";
        const gap = 0.05;
        layout["yaxis" + axis.slice(1)] = {
          range: [target.low * 1.05, target.high * 1.05], fixedrange: true, title: { text: name },
          domain: [1 - (output + 1) / count + (output + 1 < count ? gap : 0), 1 - output / count],
          anchor: "x", zeroline: true, nticks: 5,
        };
        traces.push(...shading(target, channels[output], axis, view, output === 0));
        for (let set = 0; set <= data.entries.length; set++) {
          const line = abawkit.frames.extremes(channels[set * count + output], view.from, view.to,
            view.columns, data.scale, step);
          per = Math.max(per, thin ? data.every : 1, line.per);
          traces.push(traceOf(line, set, axis, output === 0));
        }
      });
      layout.xaxis.anchor = count > 1 ? "y" + count : "y";
      return { traces, layout, per };
    }

    function traceOf(line, set, axis, first) {
      const name = set ? data.entries[set - 1] : "truth";
      const { colour, dash } = set ? data.styles[set - 1] : { colour: "@truth", dash: "solid" };
      return {
        type: "scatter", mode: "lines", name, x: line.x, y: line.y,
        yaxis: axis, legendgroup: name, showlegend: first, connectgaps: false,
        hovertemplate: "%{y:+.3f}<extra>" + escaped(name) + "</extra>",
        line: {
          color: colour, shape: "linear", width: set ? 1.5 : 2, dash,
        },
      };
    }

    function escaped(text) {
      return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
    }

    // One area for all runs of a kind: a shape for each of them would be slow.
    function shading(target, truth, axis, view, first) {
      const { edges } = abawkit.frames.columnsOf(view.from, view.to, view.columns);
      const kinds = [["not annotated", (i) => truth[Math.min(Math.floor(i / step), truth.length - 1)]
        === abawkit.frames.UNKNOWN, { shape: "/", size: 6, solidity: 0.25, fillmode: "overlay" }]];
      if (state.tracks.faces) {
        kinds.push(["no face", (i) => state.tracks.faces[i] === 0, { shape: "" }]);
      }
      return kinds.map(([name, test, pattern]) => {
        const codes = abawkit.frames.majority(edges, (i) => (test(i) ? 1 : 0));
        const runs = abawkit.frames.runs(edges, codes).filter((run) => run.code);
        const [low, high] = [target.low * 1.05, target.high * 1.05];
        return {
          type: "scatter", mode: "lines", name, yaxis: axis, legendgroup: name,
          showlegend: first && runs.length > 0, hoverinfo: "skip", line: { width: 0 },
          fill: "toself", fillcolor: abawkit.ribbons.fade(abawkit.colour("gap"),
            name === "no face" ? 0.28 : 0.12),
          fillpattern: { ...pattern, fgcolor: abawkit.colour("gap") },
          x: runs.flatMap(({ start, end }) =>
            [start + 0.5, start + 0.5, end + 0.5, end + 0.5, null]),
          y: runs.flatMap(() => [low, high, high, low, null]),
        };
      });
    }

    function cells(target, channels, view) {
      const drawn = abawkit.ribbons[target.kind === "units" ? "units" : "classes"](
        target, channels, view);
      const layout = layoutOf({
        height: Math.round(drawn.height * drawn.unit) + 52,
        yaxis: {
          range: [0, drawn.height], fixedrange: true, showgrid: false, zeroline: false,
          tickvals: drawn.ticks.map(([place]) => place),
          ticktext: drawn.ticks.map(([, label]) => escaped(clipped(label))),
        },
      });
      return { traces: drawn.traces, layout, per: drawn.per };
    }

    const clipped = (text) => (text.length > 10 ? text.slice(0, 9) + "\u2026" : text);

    /* ---- one frame in words ---- */

    function seek(frame) {
      state.frame = Math.min(Math.max(frame, 0), state.video.frames - 1);
      const drawn = plots.filter((plot) => plot.dataset.heard);
      drawn.forEach((plot) => Plotly.relayout(plot, { shapes: cursor() }));
      read();
    }

    function read() {
      const { first, digits, before, after } = data.image;
      const named = String(state.frame + first).padStart(digits, "0");
      const file = before || after ? [before + named + after] : [];
      const said = data.targets.flatMap((target, i) => told(target, state.tracks.channels[i]));
      const bare = state.tracks.faces && state.tracks.faces[state.frame] === 0 ? ["no face"] : [];
      parts.slider.value = String(state.frame + 1);
      parts.slider.setAttribute("aria-valuetext", "frame " + (state.frame + 1));
      parts.readout.replaceChildren(...[
        ["frame " + number(state.frame + 1), ...file, ...bare].join(" \u00b7 "), ...said,
      ].map((line) => make("span", {}, line)));
    }

    function told(target, channels) {
      const sets = ["truth", ...data.entries];
      const size = target.kind === "classes" ? 1 : target.names.length;
      const values = sets.map((_, set) => channels.slice(set * size, (set + 1) * size));
      const at = (channel) => channel[state.frame];
      if (target.kind === "values") {
        return target.names.map((name, output) => name + within() + ": " + sets.map((set, i) =>
          set + " " + (thin ? rangeOf : valueOf)(values[i][output])).join(", "));
      }
      const text = target.kind === "classes"
        ? ([channel]) => target.names[at(channel)] || "unknown"
        : (units) => units.every((unit) => at(unit) < 0) ? "unknown"
          : target.names.filter((_, unit) => at(units[unit]) === 1).join(" ") || "none";
      return [target.name + ": " + sets.map((set, i) => set + " " + text(values[i])).join(", ")];
    }

    const spelled = (value) => value === abawkit.frames.UNKNOWN ? "unknown"
      : (value / data.scale).toFixed(3);
    const valueOf = (channel) => spelled(channel[state.frame]);

    // Of which frames the values read out are the range.
    function within() {
      const first = state.frame - (state.frame % data.every);
      const last = Math.min(first + data.every, state.video.frames);
      return thin ? " in frames " + number(first + 1) + " to " + number(last) : "";
    }

    function rangeOf(channel) {
      const place = 2 * Math.floor(state.frame / data.every);
      const ends = Array.from(channel.slice(place, place + 2)).sort((a, b) => a - b).map(spelled);
      return ends[0] === ends[1] ? ends[0] : ends.join(" to ");
    }

    /* ---- what is heard ---- */

    parts.order.addEventListener("change", () => { sort(); choose(0); });
    parts.video.addEventListener("change", () => choose(Number(parts.video.value)));
    parts.slider.addEventListener("input", () => seek(Number(parts.slider.value) - 1));
    addEventListener("hashchange", () => {
      const place = asked();
      if (place >= 0) { show(place); }
    });
    abawkit.onTheme(() => state.video && draw());
    let waiting = 0;
    let before = parts.figures.clientWidth;
    new ResizeObserver(() => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        if (state.video && parts.figures.clientWidth !== before) {
          before = parts.figures.clientWidth;
          draw();
        }
      }, 200);
    }).observe(parts.figures);
    sort();
    await show(Math.max(asked(), 0));
  };
})();
