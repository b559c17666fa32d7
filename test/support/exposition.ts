// Reads the text format of Prometheus strictly: what a scraper would refuse or misunderstand is an error here.
// https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md

export interface Series {
  /** Of the sample: with `_bucket`, `_sum`, `_count` where it has one. */
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Family {
  name: string;
  type: string;
  help: string;
  series: Series[];
}

const TYPES = new Set(["counter", "gauge", "histogram", "summary", "untyped"]);
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/y;

/** The families of a scrape. Throws at the first line that is not as it should be. */
export function readExposition(text: string): Family[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, Family>();
  let family: Family | undefined;
  let help = { name: "", text: "" };
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") help = { name, text: rest };
    else if (keyword === "TYPE") family = begin(families, { name, type: rest, help });
    else take(family, readSample(line));
  }
  for (const each of families.values()) if (each.type === "histogram") checkHistogram(each);
  return [...families.values()];
}

/** One line for each series, to be compared with others. */
export function seriesOf(families: readonly Family[]): string[] {
  return families.flatMap(({ series }) =>
    series.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`),
  );
}

interface Beginning {
  name: string;
  type: string;
  help: { name: string; text: string };
}

function begin(families: Map<string, Family>, { name, type, help }: Beginning): Family {
  if (families.has(name)) throw new Error(`${name} stands twice`);
  if (help.name !== name) throw new Error(`${name} has no help`);
  if (!TYPES.has(type)) throw new Error(`${name} is of the unknown type ${type}`);
  // The names of prom-client's own metrics are not ours to choose.
  const isWellNamed = (type === "counter") === name.endsWith("_total") || !name.startsWith("holdgate_");
  if (!isWellNamed) throw new Error(`${name}: counters end in _total, others do not`);
  const family = { name, type, help: help.text, series: [] };
  families.set(name, family);
  return family;
}

function readSample(line: string): Series {
  const [, name = "", labelText = "", valueText = ""] = SAMPLE.exec(line) ?? [];
  const value = valueText === "+Inf" ? Infinity : Number(valueText === "" ? Number.NaN : valueText);
  if (Number.isNaN(value) && valueText !== "Nan") throw new Error(`no sample: ${line}`);
  return { name, labels: readLabels(labelText, line), value };
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const [, name = "", value = ""] = LABEL.exec(text) ?? [];
    if (name === "" || name in labels) throw new Error(`labels that are none: ${line}`);
    labels[name] = value;
  }
  return labels;
}

function take(family: Family | undefined, series: Series): void {
  if (!family) throw new Error(`${series.name} stands before any TYPE`);
  const suffix = series.name.slice(family.name.length);
  const known = family.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  const isOwn = series.name.startsWith(family.name) && known.includes(suffix);
  if (!isOwn && family.type !== "summary") throw new Error(`${series.name} stands below ${family.name}`);
  const key = (each: Series) => each.name + JSON.stringify(Object.entries(each.labels));
  if (family.series.some((each) => key(each) === key(series))) throw new Error(`${key(series)} stands twice`);
  family.series.push(series);
}

function checkHistogram({ name, series }: Family): void {
  const counts = series.filter((each) => each.name === `${name}_count`);
  for (const count of counts) {
    const own = series.filter((each) => isSameBut(each, count));
    const buckets = own.filter((each) => each.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => (labels["le"] === "+Inf" ? Infinity : Number(labels["le"])));
    const isRising = (values: number[]) =>
      values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0));
    if (!isRising(bounds) || !isRising(buckets.map(({ value }) => value))) {
      throw new Error(`the buckets of ${name} do not rise`);
    }
    const last = buckets.at(-1);
    if (bounds.at(-1) !== Infinity || last?.value !== count.value) {
      throw new Error(`the last bucket of ${name} is not +Inf with its count`);
    }
    if (!own.some((each) => each.name === `${name}_sum`)) throw new Error(`${name} has no sum`);
  }
}

function isSameBut(one: Series, other: Series): boolean {
  const { le: _le, ...labels } = one.labels;
  return JSON.stringify(labels) === JSON.stringify(other.labels);
}
