/** A value from outside that is not what it should be. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';

  /** @param at - where in the whole: `steps[3].title`; empty for the whole itself */
  constructor(at: string, found: string, expected: string) {
    super(`${at === '' ? 'It' : at}: found ${found}, expected ${expected}.`);
  }
}

/** Gives a value back when it has the shape, with only the fields that the shape knows; throws a {@link ShapeError}. */
export type Shape<T> = (value: unknown, at: string) => T;

/** A text of at most `max` characters. */
export function text(max: number): Shape<string> {
  return (value, at) => {
    if (typeof value !== 'string') throw new ShapeError(at, kindOf(value), 'text');
    if (value.length <= max) return value;
    throw new ShapeError(at, `${value.length} characters`, `at most ${max}`);
  };
}

/** A text of this form. */
export function word(form: RegExp, expected: string): Shape<string> {
  return (value, at) => {
    if (typeof value === 'string' && form.test(value)) return value;
    throw new ShapeError(
      at,
      typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : kindOf(value),
      expected,
    );
  };
}

/** A number that is finite and not negative. */
export const count: Shape<number> = (value, at) => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new ShapeError(at, typeof value === 'number' ? String(value) : kindOf(value), 'a number from 0 on');
};

export const flag: Shape<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value;
  throw new ShapeError(at, kindOf(value), 'true or false');
};

export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  return (value, at) => {
    const found = values.find((one) => one === value);
    if (found !== undefined) return found;
    const shown = typeof value === 'object' ? kindOf(value) : JSON.stringify(value)?.slice(0, 80);
    throw new ShapeError(at, shown ?? 'nothing', values.join(', '));
  };
}

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, at) => (value === undefined ? undefined : shape(value, at));
}

/** At most `max` items of one shape. */
export function list<T>(shape: Shape<T>, max: number): Shape<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new ShapeError(at, kindOf(value), 'a list');
    if (value.length > max) throw new ShapeError(at, `${value.length} items`, `at most ${max}`);
    return value.map((item, index) => shape(item, `${at}[${index}]`));
  };
}

type Fields = Record<string, Shape<unknown>>;

export function object<F extends Fields>(fields: F): Shape<{ [K in keyof F]: ReturnType<F[K]> }> {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ShapeError(at, kindOf(value), 'an object');
    }
    const entries = Object.entries(fields).flatMap(([name, shape]) => {
      // What an object inherits is none of its fields.
      const field = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
      const read = shape(field, at === '' ? name : `${at}.${name}`);
      return read === undefined ? [] : [[name, read]];
    });
    return Object.fromEntries(entries);
  };
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
