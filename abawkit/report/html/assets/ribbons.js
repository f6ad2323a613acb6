/* Labels over time: a ribbon of classes, and rows of action units. Cells are drawn as one picture,
   so that thousands of them cost little.

   abawkit.ribbons
     classes(target, channels, view)  {traces, ticks, height} of the truth and each entry
     units(target, channels, view)    the same, for action units
     letters(names)                   a short name for each class
     classColours(names)              a colour for each class

   A view is {from, to, columns, width, entries, faces, colour}; channels are typed arrays, the
   truth's first. On top is a thin row of the frames without a face. */
(function () {
  "use strict";

  // Made once: it is slow to make, and called thousands of times.
  const number = new Intl.NumberFormat("en").format;

  function letters(names) {
    const initials = names.map((name) => name.split(/[_\s-]+/).map((word) => word[0]).join(""));
    const heads = names.map((name) => name.slice(0, 2));
    const unique = (short) => new Set(short).size === short.length;
    if (initials.every((short) => short.length > 1) && unique(initials)) {
      return initials;
    }
    return unique(heads) ? heads : names.map((_, i) => String(i));
  }

  function classColours(names) {
    const wheel = ["muted", "series1", "series2", "series5", "series3", "series6", "series4", "ink"];
    return names.map((_, i) => wheel[i % wheel.length]);
  }

  // Plotly wants each colour at both ends of its share of the scale.
  function steps(colours) {
    return colours.flatMap((colour, i) => [
      [i / colours.length, colour], [(i + 1) / colours.length, colour],
    ]);
  }

  function named(edges) {
    return edges.slice(1).map((last, column) => {
      const first = edges[column] + 1;
      return first === last ? "frame " + number(first)
        : "frames " + number(first) + " to " + number(last) + ", mostly";
    });
  }

  /* Rows from the top, {height, codes, say} or a gap {height}; heights are whole numbers, and all
     cells of one size, for such a picture Plotly draws at once. It counts rows from below. */
  function picture(rows, { edges, per }, colours) {
    const frames = named(edges);
    const nothing = new Array(frames.length).fill(null);
    const blank = new Array(frames.length).fill("");
    const z = [];
    const text = [];
    const middles = new Map();
    for (const row of rows.slice().reverse()) {
      middles.set(row, z.length + row.height / 2);
      const codes = row.codes ? row.codes.map((code) => (code < 0 ? null : code)) : nothing;
      const texts = row.codes
        ? row.codes.map((code, column) => (code < 0 ? "" : row.say(code, frames[column], column)))
        : blank;
      for (let i = 0; i < row.height; i++) {
        z.push(codes);
        text.push(texts);
      }
    }
    const trace = {
      type: "heatmap", x0: edges[0] + 0.5 + per / 2, dx: per, y0: 0.5, dy: 1, z, text,
      zmin: -0.5, zmax: colours.length - 0.5, colorscale: steps(colours), showscale: false,
      hovertemplate: "%{text}<extra></extra>", hoverongaps: false,
    };
    return { trace, middles, height: z.length };
  }

  // The code that colours frames without a face is the last one.
  function faceRow(edges, view, code) {
    if (!view.faces) {
      return [];
    }
    const codes = abawkit.frames.majority(edges, (i) => (view.faces[i] === 0 ? code : -1));
    return [{ height: 1, label: "no face", codes, say: (_, frames) => frames + ": no face" },
      { height: 1 }];
  }

  /* ---- classes ---- */

  function classes(target, channels, view) {
    const columns = abawkit.frames.columnsOf(view.from, view.to, view.columns);
    const { edges, per } = columns;
    const names = target.names;
    const colours = classColours(names).map(view.colour);
    const shades = [0.3, 0.55, 0.8, 1].map((part) => fade(view.colour("bad"), part));
    const labels = ["truth", ...view.entries];
    const bare = faceRow(edges, view, names.length + shades.length);
    bare.forEach((row, i) => { row.height = i ? 2 : 4; });
    const rows = bare.slice();
    const marked = bare.slice(0, 1);
    channels.forEach((channel, i) => {
      const row = {
        height: i === 0 ? 13 : 10, label: labels[i],
        codes: abawkit.frames.majority(edges, (frame) => channel[frame]),
        say: (code, frames) => labels[i] + ", " + frames + ": " + names[code],
      };
      rows.push(...(i ? [{ height: 3 }] : []), row);
      marked.push(row);
      if (i > 0) {
        rows.push({ height: 1 }, errorBand(channels[0], channel, edges, names.length, labels[i]));
      }
    });
    const drawn = picture(rows, columns, [...colours, ...shades, view.colour("gap")]);
    const text = marked.filter((row) => labels.includes(row.label))
      .map((row) => written(row, drawn.middles.get(row), edges, names, view));
    return {
      traces: [drawn.trace, ...text],
      ticks: marked.map((row) => [drawn.middles.get(row), row.label]),
      height: drawn.height, unit: 3, per,
    };
  }

  function errorBand(truth, channel, edges, first, label) {
    const wrong = (i) => truth[i] >= 0 && channel[i] >= 0 && truth[i] !== channel[i];
    const shares = abawkit.frames.share(edges, wrong);
    return {
      height: 3,
      codes: shares.map((part) => (part === 0 ? -1 : first + Math.ceil(part * 4) - 1)),
      say: (_, frames, column) => label + ", " + frames.replace(", mostly", "") + ": "
        + Math.round(100 * shares[column]) + " % wrong",
    };
  }

  // The name of a class where its run is wide enough, its letters where it is not quite.
  function written(row, middle, edges, names, view) {
    const short = letters(names);
    const perPixel = (edges[edges.length - 1] - edges[0]) / view.width;
    const trace = {
      type: "scatter", mode: "text", x: [], y: [], text: [], hoverinfo: "skip", showlegend: false,
      textfont: { color: view.colour("surface"), size: 11, weight: 600 },
    };
    const known = abawkit.frames.runs(edges, row.codes).filter((run) => run.code >= 0);
    for (const { code, start, end } of known) {
      const pixels = (end - start) / perPixel;
      const name = names[code].replace(/_/g, " ");
      const text = pixels > 14 + 7 * name.length ? name : pixels > 18 ? short[code] : "";
      if (text) {
        trace.x.push((start + end) / 2 + 0.5);
        trace.y.push(middle);
        trace.text.push(text);
      }
    }
    return trace;
  }

  function fade(colour, part) {
    const [r, g, b] = colour.match(/[0-9a-f]{2}/gi).map((pair) => parseInt(pair, 16));
    return "rgba(" + [r, g, b, part].join(",") + ")";
  }

  /* ---- action units ---- */

  const HIT = 1;
  const FALSE = 2;
  const MISS = 3;
  const UNKNOWN = 4;
  const SAID = { 1: "there, and predicted", 2: "predicted, and not there", 3: "there, and missed" };

  function units(target, channels, view) {
    const count = target.names.length;
    const columns = abawkit.frames.columnsOf(view.from, view.to, view.columns);
    const { edges, per } = columns;
    const colours = [view.colour("truth"), view.colour("good"), view.colour("bad"),
      fade(view.colour("bad"), 0.28), fade(view.colour("gap"), 0.22), view.colour("gap")];
    const rows = faceRow(edges, view, UNKNOWN + 1);
    const ticks = rows.slice(0, 1).map((row) => [[row], row.label]);
    target.names.forEach((name, unit) => {
      const truth = channels[unit];
      const own = [{
        height: 1,
        codes: abawkit.frames.majority(edges, (i) => (truth[i] < 0 ? UNKNOWN : truth[i] - 1)),
        say: (code, frames) => name + ", truth, " + frames + ": "
          + (code === UNKNOWN ? "not annotated" : "there"),
      }];
      view.entries.forEach((entry, e) => {
        const said = channels[(e + 1) * count + unit];
        own.push({
          height: 1, codes: abawkit.frames.majority(edges, (i) => state(truth[i], said[i])),
          say: (code, frames) => name + ", " + entry + ", " + frames + ": " + SAID[code],
        });
      });
      rows.push(...(unit ? [{ height: 1 }] : []), ...own);
      ticks.push([own, name]);
    });
    const drawn = picture(rows, columns, colours);
    const middle = (own) => own.reduce((sum, row) => sum + drawn.middles.get(row), 0) / own.length;
    return {
      traces: [drawn.trace], ticks: ticks.map(([own, name]) => [middle(own), name]),
      height: drawn.height, unit: 8, per,
    };
  }

  function state(truth, said) {
    if (truth < 0 || said < 0) {
      return -1;
    }
    return truth ? (said ? HIT : MISS) : (said ? FALSE : -1);
  }

  window.abawkit.ribbons = { classes, units, letters, classColours, fade };
})();
