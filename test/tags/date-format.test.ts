import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDate, formatMistake, isTimeZone } from '../../src/tags/date-format.ts';

/** A Sunday, the last of a year that begins with week 1 of ISO and ends in week 52. */
const date = new Date('2023-12-31T23:05:09.078Z');

describe('the date', () => {
  test.each([
    ['YYYY-MM-DDTHH:mm:ssZ', '2023-12-31T23:05:09+00:00'],
    ['YYYYMMDD', '20231231'],
    ['YY.M.D', '23.12.31'],
    ['H-h-hh-k-kk a A', '23-11-11-23-23 pm PM'],
    ['m:s:S:SS:SSS', '5:9:0:07:078'],
    ['MMMM MMM', 'December Dec'],
    ['dddd ddd dd d E', 'Sunday Sun Su 0 7'],
    ['DDD DDDD Q', '365 365 4'],
    ['GGGG-[W]WW-E', '2023-W52-7'],
    ['GG W', '23 52'],
    ['X x', '1704063909 1704063909078'],
    ['Z ZZ', '+00:00 +0000'],
    ['[release] YYYY', 'release 2023'],
    ['[]YYYY[YYYY]', '2023YYYY'],
    ['vYYYY', 'v2023'],
    ['YYYY年', '2023年'],
  ])('as %s is %s', (format, text) => {
    expect(formatMistake(format)).toBeUndefined();
    expect(formatDate(date, format, 'UTC')).toBe(text);
  });

  test.each([
    ['2024-01-01T00:00:00Z', '00 0 12 12 24 24 am'],
    ['2024-01-01T12:00:00Z', '12 12 12 12 12 12 pm'],
    ['2024-01-01T13:00:00Z', '13 13 01 1 13 13 pm'],
  ])('%s has the hours %s', (iso, hours) => {
    expect(formatDate(new Date(iso), 'HH H hh h kk k a', 'UTC')).toBe(hours);
  });

  test.each([
    // Weeks of ISO belong to the year that has their Thursday.
    ['2021-01-03', '2020-W53-7'],
    ['2021-01-04', '2021-W01-1'],
    ['2024-12-30', '2025-W01-1'],
    ['2027-01-01', '2026-W53-5'],
  ])('%s is in the week %s', (day, week) => {
    expect(formatDate(new Date(`${day}T12:00:00Z`), 'GGGG-[W]WW-E', 'UTC')).toBe(week);
  });

  test.each([
    ['Asia/Tokyo', '2024-01-01 08:05 +09:00'],
    ['America/New_York', '2023-12-31 18:05 -05:00'],
    ['Asia/Kolkata', '2024-01-01 04:35 +05:30'],
    ['Pacific/Marquesas', '2023-12-31 13:35 -09:30'],
  ])('in %s is %s', (zone, text) => {
    expect(isTimeZone(zone)).toBe(true);
    expect(formatDate(date, 'YYYY-MM-DD HH:mm Z', zone)).toBe(text);
  });

  test('keeps summer time', () => {
    const summer = new Date('2024-07-01T00:30:00Z');
    expect(formatDate(summer, 'DD HH:mm ZZ', 'Europe/Berlin')).toBe('01 02:30 +0200');
    expect(formatDate(summer, 'DD HH:mm ZZ', 'America/St_Johns')).toBe('30 22:00 -0230');
  });

  test.each(['L', 'LT', 'LLL', 'Do', 'YYYYYY', 'Y', 'gggg', 'ww', 'z', 'NN', 'e', 'SSSS', 'MM l'])(
    'has no %s',
    (format) => {
      expect(formatMistake(format)).toContain('is not supported');
    },
  );

  test.each(['', 'Nowhere/Land', 'YYYY'])('there is no time zone %j', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });

  test('in UTC is what ISO 8601 says, at any time', () => {
    const dates = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (at) => {
        expect(formatDate(at, 'YYYY-MM-DDTHH:mm:ss.SSS[Z]', 'UTC')).toBe(at.toISOString());
      }),
    );
  });
});
