/** Put into a page before anything else: counts what comes over the kernel's socket, and hears when pictures are painted. */

(() => {
  const meter = {
    /** When the cell was run; null until then. */
    start: null,
    messages: 0,
    bytes: 0,
    lastMessage: 0,
    /** Bytes of pictures that came by HTTP. */
    downloaded: 0,
    /** When each picture was first painted. */
    painted: new Map(),
    lastPaint: 0,
    longTasks: [],
    quiet: false,
    broken: "",
    scrolled: null,
  };
  window.meter = meter;

  const size = (data) => (typeof data === "string" ? new Blob([data]).size : (data.byteLength ?? data.size));

  window.WebSocket = class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols);
      if (!String(url).includes("/channels")) return;
      this.addEventListener("message", ({ data }) => {
        meter.messages += 1;
        meter.bytes += size(data);
        meter.lastMessage = performance.now();
      });
    }
  };

  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Enter" && event.ctrlKey) {
        meter.start = performance.now();
        meter.messages = 0;
        meter.bytes = 0;
      }
    },
    { capture: true },
  );

  // Element Timing tells when a picture is on screen, not only when it is decoded; it must be asked for before that.
  const ask = (node) => {
    if (node instanceof HTMLImageElement) node.setAttribute("elementtiming", "picture");
    else if (node instanceof Element) for (const image of node.getElementsByTagName("img")) ask(image);
  };
  new MutationObserver((records) => {
    for (const { addedNodes } of records) addedNodes.forEach(ask);
  }).observe(document, { childList: true, subtree: true });

  const observe = (type, hear) =>
    new PerformanceObserver((list) => list.getEntries().forEach(hear)).observe({ type, buffered: true });
  observe("element", (entry) => {
    const at = entry.renderTime || entry.loadTime;
    if (entry.element && !meter.painted.has(entry.element)) meter.painted.set(entry.element, at);
    meter.lastPaint = Math.max(meter.lastPaint, at);
  });
  observe("longtask", ({ startTime, duration }) => meter.longTasks.push({ startTime, duration }));
  observe("resource", (entry) => {
    if (entry.initiatorType === "img" && entry.startTime > (meter.start ?? Infinity))
      meter.downloaded += entry.encodedBodySize;
  });

  const output = () => document.querySelectorAll(".jp-Notebook .jp-CodeCell")[1].querySelector(".jp-OutputArea");

  /** The pictures of the output that can be seen. */
  const inView = () =>
    new Promise((resolve) => {
      const images = [...output().getElementsByTagName("img")];
      if (!images.length) return resolve([]);
      const observer = new IntersectionObserver((entries) => {
        observer.disconnect();
        resolve(
          entries.filter((entry) => entry.isIntersecting && entry.intersectionRatio > 0.02).map(({ target }) => target),
        );
      });
      for (const image of images) observer.observe(image);
    });

  /** What stands where the pictures should be, if it is an error. */
  const problem = () => {
    // An error comes as a type of its own or as what was written to stderr, by the version of JupyterLab.
    if (output().querySelector("[data-mime-type$='.error'], [data-mime-type$='.stderr']")) return "the cell failed";
    const text = output().querySelector(".jupyter-widgets")?.textContent.trim().slice(0, 60) ?? "";
    return /^error displaying|javascript error/i.test(text) ? `shows “${text}”` : "";
  };

  /**
   * Say in `meter.quiet` when nothing came and nothing was painted for a while, and all that can be seen has been; or in `meter.broken`
   * what is wrong when only an error stands there.
   */
  meter.listen = async (ms) => {
    meter.quiet = false;
    while (!meter.quiet && !meter.broken) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const still = performance.now() - Math.max(meter.lastMessage, meter.lastPaint, meter.start ?? Infinity);
      if (still < ms) continue;
      const seen = await inView();
      meter.quiet = meter.painted.size > 0 && seen.every((image) => image.complete && image.naturalWidth > 0);
      // What a widget shows while its models are on their way looks like an error too.
      if (!meter.painted.size && still > 5 * ms) meter.broken = problem();
    }
  };

  /** Milliseconds from running the cell to the first painted picture, and to all that can be seen. */
  meter.paints = async () => {
    const seen = await inView();
    const times = seen.map((image) => meter.painted.get(image)).filter((at) => at !== undefined);
    return {
      first: Math.min(...times) - meter.start,
      all: Math.max(...times) - meter.start,
      seen: seen.length,
      timed: times.length,
    };
  };

  meter.nodes = () => output().getElementsByTagName("*").length;

  const isScroller = (element) =>
    element.scrollHeight > element.clientHeight + 8 && /auto|scroll/.test(getComputedStyle(element).overflowY);

  /** What a wheel over the output would scroll: a part of it, or the notebook. */
  function scroller() {
    const within = [...output().getElementsByTagName("*")]
      .filter((element) => element.clientHeight > 200)
      .find(isScroller);
    if (within) return within;
    let element = output();
    while (element && !isScroller(element)) element = element.parentElement;
    return element;
  }

  /** Scroll from top to bottom, a step in each frame: `step` pixels, or more so that it takes at most so many frames. */
  meter.scroll = (step, frames) => {
    const area = scroller();
    const end = area.scrollHeight - area.clientHeight;
    const perFrame = Math.max(step, Math.ceil(end / frames));
    const begin = performance.now();
    let top = area.scrollTop;
    let before = begin;
    let count = 0;
    let slowest = 0;
    let nodes = 0;
    meter.scrolled = null;
    meter.longTasks = [];
    const finish = () => {
      const longTasks = meter.longTasks.filter(({ startTime }) => startTime >= begin).map(({ duration }) => duration);
      meter.scrolled = { pixels: end, frames: count, seconds: (before - begin) / 1000, slowest, nodes, longTasks };
    };
    const next = (now) => {
      count += 1;
      slowest = Math.max(slowest, now - before);
      before = now;
      if (count % 16 === 0) nodes = Math.max(nodes, meter.nodes());
      if (top < end) {
        // Not read back: that would lay the page out once more in each frame.
        top = Math.min(end, top + perFrame);
        area.scrollTop = top;
        requestAnimationFrame(next);
      } else {
        // A long task is told of some time after its end.
        setTimeout(finish, 400);
      }
    };
    requestAnimationFrame(next);
  };
})();
