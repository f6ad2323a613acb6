/* Frames of one video: unpacked, and reduced to as many columns as a window has. How they are
   packed stands in packing.py.

   abawkit.frames
     unpack(text, video)           a promise of {values, labels}, a typed array a channel
     extremes(channel, from, to, columns, scale, step)
                                   the smallest and largest value of each column, as {x, y, per}
     columnsOf(from, to, columns)  the edges of columns of whole frames
     majority(edges, code)         for each column the most frequent code of its frames
     share(edges, test)            for each column the share of its frames that pass
     runs(edges, codes)            {code, start, end} of columns in a row of one code, as frames */
(function () {
  "use strict";

  const UNKNOWN = -32768;

  async function unpack(text, video, counts) {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = await new Response(stream).arrayBuffer();
    const split = 2 * counts.values * video.kept;
    const values = channels(new Int16Array(bytes.slice(0, split)), counts.values, video.kept);
    const labels = channels(new Int8Array(bytes.slice(split)), counts.labels, video.frames);
    return { values, labels };
  }

  // Written as differences; typed arrays wrap around as they should.
  function channels(numbers, count, length) {
    return Array.from({ length: count }, (_, i) => {
      const channel = numbers.subarray(i * length, (i + 1) * length);
      for (let frame = 1; frame < length; frame++) {
        channel[frame] += channel[frame - 1];
      }
      return channel;
    });
  }

  function columnsOf(from, to, columns) {
    const per = Math.max(1, Math.ceil((to - from) / columns));
    const edges = [];
    for (let edge = from; edge < to; edge += per) {
      edges.push(edge);
    }
    edges.push(to);
    return { edges, per };
  }

  /* Frames from 0, `to` not among them; `step` is how many frames a kept value stands for. A line
     breaks where values are missing. */
  function extremes(channel, from, to, columns, scale, step) {
    const start = Math.max(0, Math.floor(from / step));
    const end = Math.min(channel.length, Math.ceil(to / step));
    const per = end - start <= 2 * columns ? 1 : Math.ceil((end - start) / columns);
    const line = { x: [], y: [], per: per * step };
    const longest = per * Math.max(2, 2 * usualGap(channel, start, end));
    let last = -Infinity;
    const put = (place) => {
      if (place - last > longest && line.x.length) {
        line.x.push(last * step + step);
        line.y.push(null);
      }
      line.x.push(place * step + 1);
      line.y.push(channel[place] / scale);
      last = place;
    };
    for (let first = start; first < end; first += per) {
      const stop = Math.min(first + per, end);
      let low = -1;
      let high = -1;
      for (let i = first; i < stop; i++) {
        if (channel[i] !== UNKNOWN) {
          if (low < 0 || channel[i] < channel[low]) { low = i; }
          if (high < 0 || channel[i] > channel[high]) { high = i; }
        }
      }
      if (low >= 0) {
        put(Math.min(low, high));
        if (low !== high) { put(Math.max(low, high)); }
      }
    }
    return line;
  }

  // Where only every few frames are annotated, lines join those; it is the median distance.
  function usualGap(channel, start, end) {
    const gaps = [];
    let last = -1;
    const every = Math.max(1, Math.floor((end - start) / 4000));
    for (let block = start; block < end; block += 50 * every) {
      last = -1;
      for (let i = block; i < Math.min(block + 50, end); i++) {
        if (channel[i] !== UNKNOWN) {
          if (last >= 0) { gaps.push(i - last); }
          last = i;
        }
      }
    }
    gaps.sort((a, b) => a - b);
    return gaps.length ? gaps[gaps.length >> 1] : 1;
  }

  function majority(edges, code) {
    const counts = new Int32Array(256);
    const result = [];
    for (let column = 0; column + 1 < edges.length; column++) {
      counts.fill(0);
      let best = code(edges[column]);
      for (let i = edges[column]; i < edges[column + 1]; i++) {
        const found = code(i);
        if (++counts[found + 1] > counts[best + 1]) { best = found; }
      }
      result.push(best);
    }
    return result;
  }

  function share(edges, test) {
    const result = [];
    for (let column = 0; column + 1 < edges.length; column++) {
      let found = 0;
      for (let i = edges[column]; i < edges[column + 1]; i++) {
        found += test(i) ? 1 : 0;
      }
      result.push(found / (edges[column + 1] - edges[column]));
    }
    return result;
  }

  function runs(edges, codes) {
    const found = [];
    codes.forEach((code, i) => {
      const last = found[found.length - 1];
      if (last && last.code === code) {
        last.end = edges[i + 1];
      } else {
        found.push({ code, start: edges[i], end: edges[i + 1] });
      }
    });
    return found;
  }

  window.abawkit.frames = { UNKNOWN, unpack, extremes, columnsOf, majority, share, runs };
})();
