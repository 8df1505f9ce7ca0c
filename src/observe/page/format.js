const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export const missing = '–';

export const count = (value) => (value === null || value === undefined ? missing : whole.format(value));

/** In a narrow column. */
export const shortCount = (value) => (value >= 1e8 ? compact(value) : count(value));

/** Billions are not to be read as bytes. */
const compact = (value) => short.format(value).replace('B', 'bn');

/** Records a second. */
export const rate = (value) =>
  `${value >= 10_000 ? compact(value) : value >= 100 ? whole.format(value) : trimmed(value)}/s`;

const trimmed = (value) => String(Number(value.toPrecision(3)));

export function bytes(value) {
  if (value === null || value === undefined) return missing;
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${unit === 0 ? value : trimmed(value / 1000 ** unit)} ${units[unit]}`;
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

/** Milliseconds, in the unit that suits. */
export function time(ms) {
  if (ms === null || ms === undefined) return missing;
  if (ms < 10) return `${Number(ms.toFixed(ms < 1 ? 2 : 1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
  const hours = Math.floor(ms / 3_600_000);
  return hours < 48 ? `${hours} h ${Math.floor((ms % 3_600_000) / 60_000)} min` : `${Math.floor(hours / 24)} days`;
}

/** A length of time that somebody has chosen, such as an interval: in the largest unit that leaves a short number. */
export function exactTime(ms) {
  const [unit, name] = exactUnits.find(([unit]) => ms >= unit && (ms * 10) % unit === 0) ?? [1, 'ms'];
  return `${Number((ms / unit).toFixed(3))} ${name}`;
}

/** At a line of a chart. */
export const axisTime = (ms) => (ms < 1000 ? time(ms) : exactTime(ms));

const exactUnits = [
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

const two = (number) => String(number).padStart(2, '0');

/** The time of day; with milliseconds if batches come faster than every second. */
export function clock(ms, interval = 1000) {
  const date = new Date(ms);
  const day = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return interval % 1000 === 0 ? day : `${day}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function date(ms, interval) {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(ms, interval)}`;
}
