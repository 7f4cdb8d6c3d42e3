import { quote } from '../problem.ts';
import type { InputReader } from './reader.ts';

const hourMs = 60 * 60_000;
const unitMs: Readonly<Record<string, number>> = { h: hourMs, d: 24 * hourMs, w: 7 * 24 * hourMs };
const mostMs = 3650 * 24 * hourMs;

const expected = 'a whole number of hours, days or weeks up to ten years, such as 12h, 7d or 2w';

/** Reads the age up to which a build is reused, in milliseconds; `undefined` for no limit. */
export function readMaxAge(reader: InputReader): number | undefined {
  const text = reader.text('max-age');
  if (text === '') return undefined;
  const [, count = '', unit = ''] = /^(\d{1,9})([hdw])$/.exec(text.toLowerCase()) ?? [];
  const age = Number(count) * (unitMs[unit] ?? Number.NaN);
  if (age > 0 && age <= mostMs) return age;
  const anew = age === 0 ? ' To build anew each time, set skip-cache: true.' : '';
  reader.reject('max-age', `found ${quote(text)}, expected ${expected}.${anew}`);
  return undefined;
}
