import { quote } from '../problem.ts';
import type { InputReader } from './reader.ts';

/**
 * The input `build-args`: one `NAME=value` per line, as `docker build --build-arg` takes them. Blank lines and lines that
 * begin with `#` do not count. A value is everything after the first `=`.
 */
export function readBuildArguments(reader: InputReader): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of reader.text('build-args').split(/\r?\n/)) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/.exec(text) ?? [];
    if (name === undefined)
      reader.reject('build-args', `found ${quote(text)}, expected NAME=value on each line.`);
    else values[name] = value;
  }
  return values;
}
