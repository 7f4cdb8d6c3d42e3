import { isAbsolute, relative, sep } from 'node:path';

/** A file's path relative to the folder, with forward slashes; unchanged for a file outside of the folder. */
export function displayPath(file: string, folder: string | undefined): string {
  if (folder === undefined) return file;
  const path = relative(folder, file);
  const outside = path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
  return outside ? file : path.replaceAll(sep, '/');
}

/**
 * A duration as people read it: `0.8s`, `4.2s`, `59s`, `1m 12s`, `1h 02m`. Tenths are shown below ten
 * seconds; anything that is not a positive number reads as `0.0s`.
 */
export function formatDuration(milliseconds: number): string {
  const value = Number.isFinite(milliseconds) && milliseconds > 0 ? milliseconds : 0;
  const tenths = Math.round(value / 100);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.round(value / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${twoDigits(seconds % 60)}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
}

/** A time as RFC 3339; `undefined` for a number that is not a time. */
export function isoTime(at: number | undefined): string | undefined {
  const date = new Date(at ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** An expected duration, rounded because it is an estimate: `10 s`, `50 s`, `2 min`, `1 h 10 min`. */
export function formatTimeLeft(milliseconds: number): string {
  const seconds = Math.max(10, Math.round(milliseconds / 10_000) * 10);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 60) return `${Math.max(1, minutes)} min`;
  const tens = Math.round(minutes / 10) * 10;
  return `${Math.floor(tens / 60)} h${tens % 60 === 0 ? '' : ` ${tens % 60} min`}`;
}

/** A number of bytes in decimal units: `0 B`, `812 B`, `12.4 kB`, `3.0 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const value = Number.isFinite(bytes) && bytes > 0 ? bytes : 0;
  if (value < 1000) return `${Math.round(value)} B`;
  let scaled = value / 1000;
  let unit = 0;
  // Rounding to one decimal may reach 1000.0, which belongs to the next unit.
  while (Math.round(scaled * 10) >= 10_000 && unit < byteUnits.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${scaled.toFixed(1)} ${byteUnits[unit]}`;
}

const byteUnits = ['kB', 'MB', 'GB', 'TB'] as const;

/** A count with its noun: `1 step`, `7 steps`, `12,400 lines`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${groupDigits(count)} ${count === 1 ? one : many}`;
}

/** A whole number with a comma between thousands, the same in every locale. */
export function groupDigits(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
