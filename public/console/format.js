// Numbers, times and durations for people.

/** `850ms`, `12s`, `4m 48s`, `2h 5m`, `3d 4h`; never negative. */
export function duration(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = Math.floor(ms / 1000);
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  if (minutes === 0) return `${seconds}s`;
  if (hours === 0) return join(minutes, "m", seconds % 60, "s");
  if (days === 0) return join(hours, "h", minutes % 60, "m");
  return join(days, "d", hours % 24, "h");
}

/** The same for what counts down: whole seconds, the last one included. */
export const countdown = (ms) => duration(Math.max(0, Math.ceil(ms / 1000) * 1000)).replace(/^0ms$/, "0s");

function join(big, bigUnit, small, smallUnit) {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit} ${small}${smallUnit}`;
}

export function plural(count, noun, nouns = `${noun}s`) {
  return `${whole(count)} ${count === 1 ? noun : nouns}`;
}

const wholeFormat = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const shortFormat = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export const whole = (number) => wholeFormat.format(number);

/** `0.4`, `12`, `1,240`, `15.2K` */
export function figure(number) {
  if (number === null) return "–";
  if (number >= 10_000) return shortFormat.format(number);
  return number < 10 && !Number.isInteger(number) ? number.toFixed(1) : whole(number);
}

/** `4 ms`, `1.2 s` */
export function latency(ms) {
  if (ms === null) return "–";
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : whole(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `14:03:21` of today, `21 Nov, 14:03` of another day. Takes ms since 1970 or ISO 8601. */
export function clockTime(at) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  const today = date.toDateString() === new Date().toDateString();
  return (today ? timeFormat : dayFormat).format(date);
}

export function shortTime(at) {
  return clockTime(at).replace(/^(\d\d:\d\d):\d\d$/, "$1");
}

/** `key=value` pairs, as `holdgate events` has them; what is null is left out. */
export function details(data, prefix = "") {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => {
      if (typeof value === "object" && !Array.isArray(value)) return details(value, `${prefix}${key}.`);
      return `${prefix}${key}=${detail(key, value)}`;
    })
    .join(" ");
}

function detail(key, value) {
  if (typeof value === "number" && /(At|End|Until|^at|^from|^to)$/.test(key) && value > 1e12) return clockTime(value);
  return typeof value === "string" && /^[\w.:/+-]+$/.test(value) ? value : JSON.stringify(value);
}
