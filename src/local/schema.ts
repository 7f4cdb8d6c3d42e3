import { isRecord } from '../json.ts';
import { invalidBody, invalidRequest } from './http.ts';

/** The rule for one property of a body. `minimum` is for integers. */
export interface Property {
  readonly type: 'string' | 'integer' | 'boolean' | 'string[]' | 'object' | 'object[]';
  readonly required?: boolean;
  readonly minimum?: number;
  /** Properties of each element of an `object[]`. */
  readonly items?: Schema;
}

export type Schema = Readonly<Record<string, Property>>;

/**
 * Checks a body against the API's published schema; unknown properties pass.
 *
 * @throws ApiError 400 `validation error: …` with the schema and the place in the body.
 */
export function checkBody(name: string, schema: Schema, body: unknown): void {
  const fault = objectFault(schema, body, '');
  if (fault) throw invalidBody(`doesn't match schema #/components/schemas/${name}: ${fault}`);
}

function objectFault(schema: Schema, value: unknown, at: string): string | undefined {
  if (!isRecord(value)) {
    return at === '' ? 'value must be an object' : `Error at "${at}": value must be an object`;
  }
  for (const [name, property] of Object.entries(schema)) {
    const found = value[name];
    const path = `${at}/${name}`;
    if (found === undefined) {
      if (property.required) return `Error at "${path}": property "${name}" is missing`;
      continue;
    }
    const fault = propertyFault(property, found, path);
    if (fault) return fault;
  }
  return undefined;
}

function propertyFault(property: Property, value: unknown, path: string): string | undefined {
  const wrong = (text: string) => `Error at "${path}": ${text}`;
  if (value === null) return wrong('Value is not nullable');
  switch (property.type) {
    case 'string':
      return typeof value === 'string' ? undefined : wrong('value must be a string');
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong('value must be a boolean');
    case 'integer':
      if (!Number.isInteger(value)) return wrong('value must be an integer');
      return (value as number) < (property.minimum ?? Number.NEGATIVE_INFINITY)
        ? wrong(`number must be at least ${property.minimum}`)
        : undefined;
    case 'object':
      return objectFault({}, value, path);
    case 'string[]':
    case 'object[]': {
      if (!Array.isArray(value)) return wrong('value must be an array');
      const item: Property = { type: property.type === 'string[]' ? 'string' : 'object' };
      for (const [index, element] of value.entries()) {
        const fault =
          propertyFault(item, element, `${path}/${index}`) ??
          (property.items && objectFault(property.items, element, `${path}/${index}`));
        if (fault) return fault;
      }
      return undefined;
    }
  }
}

/**
 * An integer from the query.
 *
 * @throws ApiError 400 `validation error: …` when it is not an integer, or is outside `minimum` … `maximum`.
 */
export function queryInteger(
  query: URLSearchParams,
  name: string,
  range: { readonly minimum: number; readonly maximum?: number },
): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const fail = (why: string) => invalidRequest(`parameter "${name}" in query has an error: ${why}`);
  if (!/^-?\d{1,15}$/.test(text)) throw fail(`value ${text}: an invalid integer: invalid syntax`);
  const value = Number(text);
  if (value < range.minimum) throw fail(`number must be at least ${range.minimum}`);
  if (range.maximum !== undefined && value > range.maximum) {
    throw fail(`number must be at most ${range.maximum}`);
  }
  return value;
}

/**
 * One of a few words from the query.
 *
 * @throws ApiError 400 `validation error: …` for another word.
 */
export function queryWord<T extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly T[],
): T | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  const allowed = words.map((candidate) => JSON.stringify(candidate)).join(',');
  throw invalidRequest(
    `parameter "${name}" in query has an error: value is not one of the allowed values [${allowed}]`,
  );
}
