// Six small charts of one service. Each is a figure whose caption says in words what the picture shows; the picture
// itself is hidden from screen readers.

import { el, write } from "./dom.js";
import { clockTime, figure, latency, shortTime } from "./format.js";
import { WINDOW_S } from "./series.js";

const HEIGHT = 104;
/** A page that was just opened shows less than the whole window, and not a sliver of it. */
const LEAST_WINDOW_S = 60;

const CHARTS = [
  { title: "Requests", unit: "/s", lines: [{ name: "requests", colour: "--line-1" }], format: figure },
  {
    title: "Errors",
    unit: "/s",
    lines: [
      { name: "errors", colour: "--bad", label: "5xx" },
      { name: "failed", colour: "--line-3", label: "of these 502 and 504" },
    ],
    format: figure,
  },
  {
    title: "Latency",
    unit: "",
    lines: [
      { name: "p95", colour: "--line-4", label: "p95" },
      { name: "p50", colour: "--line-1", label: "p50" },
    ],
    format: latency,
  },
  { title: "In flight", unit: "", lines: [{ name: "inFlight", colour: "--line-1" }], format: figure },
  { title: "Held", unit: "", lines: [{ name: "held", colour: "--hold" }], format: figure },
  { title: "Tunnels", unit: "", lines: [{ name: "tunnels", colour: "--line-4" }], format: figure },
];

export class Charts {
  node = el("div", { class: "charts" });
  #charts;
  #series = null;

  constructor() {
    this.#charts = CHARTS.map((description) => new Chart(description));
    this.node.append(...this.#charts.map((chart) => chart.node));
    const observer = new ResizeObserver(() => this.#charts.forEach((chart) => chart.resize()));
    observer.observe(this.node);
    // Canvases know no CSS variables, so they are painted anew.
    document.addEventListener("themechange", () => {
      for (const chart of this.#charts) chart.forget();
      if (this.#series) this.update(this.#series);
    });
  }

  update(series) {
    this.#series = series;
    for (const chart of this.#charts) chart.update(series);
  }
}

class Chart {
  #description;
  #plot = null;
  #value = el("strong", { class: "value" });
  #unit = el("span", { class: "unit" });
  #legend = el("span", { class: "legend" });
  #canvas = el("div", { class: "canvas", "aria-hidden": "true" });
  #series = null;

  constructor(description) {
    this.#description = description;
    write(this.#unit, description.unit);
    const title = el("span", { class: "title", text: description.title });
    const caption = el("figcaption", {}, title, el("span", { class: "reading" }, this.#value, this.#unit), this.#legend);
    this.node = el("figure", { class: "chart" }, caption, this.#canvas);
  }

  update(series) {
    this.#series = series;
    this.#say(null);
    const [now] = series.times.slice(-1);
    if (now === undefined) return;
    const data = [series.times, ...this.#description.lines.map(({ name }) => series.values[name])];
    this.#plot ??= this.#draw();
    if (!this.#plot) return;
    this.#plot.setData(data, false);
    const most = Math.max(...this.#description.lines.map(({ name }) => series.most(name)));
    this.#plot.batch(() => {
      const seconds = Math.min(Math.max(now - series.times[0], LEAST_WINDOW_S), WINDOW_S);
      this.#plot.setScale("x", { min: now - seconds, max: now });
      this.#plot.setScale("y", { min: 0, max: roundUp(most) });
    });
  }

  resize() {
    if (this.#plot) this.#plot.setSize({ width: this.#canvas.clientWidth, height: HEIGHT });
    else if (this.#series) this.update(this.#series);
  }

  forget() {
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** The values at a place of the picture, or the newest. */
  #say(index) {
    const series = this.#series;
    if (!series) return;
    const { lines, format, title } = this.#description;
    const at = ({ name }) => (index === null ? series.now(name) : (series.values[name][index] ?? null));
    write(this.#value, format(at(lines[0])));
    const others = lines.slice(1).map((line) => `${line.label} ${format(at(line))}`);
    const first = lines[0].label && lines.length > 1 ? [lines[0].label] : [];
    const when = index === null ? [`peak ${format(series.most(lines[0].name))}`] : [`at ${shortTime(series.times[index] * 1000)}`];
    write(this.#legend, [...first, ...others, ...(title === "Latency" && index === null ? [] : when)].join(" · "));
  }

  /** Null while there is no room for it. */
  #draw() {
    const width = this.#canvas.clientWidth;
    if (width === 0 || typeof uPlot === "undefined") return null;
    const { lines, format } = this.#description;
    const font = `11px ${getComputedStyle(this.#canvas).fontFamily}`;
    const colour = (name) => colourOf(this.#canvas, name);
    const axis = { stroke: colour("--soft"), font, ticks: { show: false }, grid: { stroke: colour("--grid"), width: 1 } };
    return new uPlot(
      {
        width,
        height: HEIGHT,
        padding: [6, 2, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, sync: { key: "console" }, points: { size: 6 } },
        hooks: { setCursor: [({ cursor }) => this.#say(cursor.idx ?? null)] },
        scales: { x: { time: true }, y: { auto: false } },
        axes: [
          { ...axis, size: 22, gap: 2, space: 70, grid: { show: false }, values: (_plot, at) => at.map((s) => timeText(s * 1000, at)) },
          { ...axis, size: 44, gap: 4, space: 28, values: (_plot, ticks) => ticks.map((tick) => tickText(tick, format)) },
        ],
        series: [
          {},
          ...lines.map((line, index) => ({
            stroke: colour(line.colour),
            width: 1.5,
            fill: index === 0 ? colour(line.colour).replace("rgb(", "rgba(").replace(")", ", 0.12)") : undefined,
            points: { show: false },
            spanGaps: false,
          })),
        ],
      },
      [[], ...lines.map(() => [])],
      this.#canvas,
    );
  }
}

/** As `rgb(1, 2, 3)`: a canvas knows no variables. */
function colourOf(node, name) {
  node.style.color = `var(${name})`;
  return getComputedStyle(node).color;
}

/** With seconds where minutes alone would be said twice. */
function timeText(ms, ticks) {
  return ticks.length > 1 && ticks[1] - ticks[0] < 60 ? clockTime(ms) : shortTime(ms);
}

function tickText(tick, format) {
  return format === latency ? latency(tick).replace(".0 ", " ").replace("0.0", "0") : figure(tick);
}

/** 1, 2 or 5 times a power of ten above it, so that the scale does not tremble. */
function roundUp(most) {
  if (most <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((factor) => factor * power).find((bound) => bound >= most * 1.05) ?? 20 * power;
}
