import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { nearest } from '../../../nearest.ts';
import { type Problem, problem, quote, type SourceLocation, throwIfAny } from '../../../problem.ts';
import { kindOf } from '../check-arguments.ts';

const text = v.pipe(v.string(), v.trim());
const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** The fields that E2B's command reads from its config file, and what people write in their place. */
const fields = {
  dockerfile: text,
  template_name: text,
  name: text,
  template_id: text,
  team_id: text,
  start_cmd: text,
  ready_cmd: text,
  cpu_count: count,
  memory_mb: count,
};

type FieldName = keyof typeof fields;
const fieldNames = Object.keys(fields) as FieldName[];

/** In a message, for a value that is not of the form. */
const expected: Partial<Record<FieldName, string>> = {
  cpu_count: 'a whole number of 1 or more, such as 2,',
  memory_mb: 'a whole number of MiB, such as 1024,',
};

/** What older versions of the command called the template's identifier. */
const olderNames: Readonly<Record<string, FieldName>> = { id: 'template_id', template: 'template_id' };

/** Names of no meaning whose author most often means another. */
const meant: Readonly<Record<string, FieldName>> = {
  vcpus: 'cpu_count',
  cpus: 'cpu_count',
  cpu: 'cpu_count',
  memory: 'memory_mb',
  memory_mib: 'memory_mb',
  start_command: 'start_cmd',
  ready_command: 'ready_cmd',
  start: 'start_cmd',
};

export interface ConfigFields {
  readonly values: Readonly<{ [Name in FieldName]?: v.InferOutput<(typeof fields)[Name]> }>;
  /** The line of a field; the first where it has none. */
  line(name: FieldName): SourceLocation;
  /** What the file says and nothing reads. */
  readonly unread: readonly Problem[];
}

/**
 * Reads the text of a config file. Fields may stand in a table `[template]` too.
 *
 * @throws ProblemsError when the text is not TOML, or fields have values of another form
 */
export function readFields(file: string, source: string): ConfigFields {
  const table = parsed(file, source);
  const nested = table['template'];
  const inner = isTable(nested) ? nested : {};
  const all: [name: string, value: unknown][] = [
    ...Object.entries(table).filter(([, value]) => value !== inner),
    ...Object.entries(inner),
  ];
  const line = (name: string): SourceLocation => ({ file, line: lineOf(source, name) });
  const problems: Problem[] = [];
  const unread: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const [written, value] of all) {
    const name = olderNames[written] ?? written;
    if (!isField(name)) {
      unread.push(unknownField(written, value, line(written)));
      continue;
    }
    const result = v.safeParse(fields[name], value);
    if (result.success) values[name] ??= result.output;
    else problems.push(wrongValue(name, value, line(written)));
  }
  throwIfAny(problems);
  return { values, line, unread };
}

function parsed(file: string, source: string): Record<string, unknown> {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [found = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw problem(
      'The config file is not valid',
      `It is no valid TOML: ${found}. Correct this line; texts need quotes.`,
      { file, line: error.line, column: error.column },
    );
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function isField(name: string): name is FieldName {
  return Object.hasOwn(fields, name);
}

function wrongValue(name: FieldName, value: unknown, at: SourceLocation): Problem {
  const message = isTable(value)
    ? `[${name}] begins a table, so all lines below belong to it; ${expected[name] ?? 'a text'} is expected. Write ${name} = …, and move the lines above it.`
    : `${name} is ${typeof value === 'string' ? `the text ${quote(value)}` : kindOf(value)}; ${expected[name] ?? 'a text in quotes'} is expected.`;
  return { title: `Wrong value of ${name}`, message, at };
}

function unknownField(name: string, value: unknown, at: SourceLocation): Problem {
  const fieldsInside = isTable(value) ? fieldNames.filter((field) => field in value) : [];
  if (fieldsInside.length > 0)
    return {
      title: `${name} is not read`,
      message: `The table [${name}] has no meaning in a config file, and is left out, with ${fieldsInside.join(' and ')} in it. Move these above the first table.`,
      at,
    };
  const other = meant[name] ?? nearest(name, fieldNames);
  const what = isTable(value) ? `The table [${name}]` : name;
  return {
    title: `${name} is not read`,
    message: `${what} has no meaning in a config file, and is left out.${other ? ` Do you mean ${other}?` : ` These have: ${fieldNames.join(', ')}.`}`,
    at,
  };
}

/** The line that sets a field or begins a table. */
function lineOf(source: string, name: string): number {
  const entry = new RegExp(
    `^\\s*(?:(?:template\\s*\\.\\s*)?["']?${name.replace(/\W/g, '\\$&')}["']?\\s*[.=]|\\[+\\s*["']?${name.replace(/\W/g, '\\$&')}\\b)`,
  );
  const index = source.split('\n').findIndex((text) => entry.test(text));
  return Math.max(0, index) + 1;
}
