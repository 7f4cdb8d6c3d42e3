import { StringDecoder } from 'node:string_decoder';
import * as v from 'valibot';
import { isRecord, parseJson } from '../../json.ts';
import { ruleIds } from '../../recipe/rules.ts';
import type { Definition } from '../definition.ts';
import { kindNames } from '../kinds.ts';
import type { HostMessage } from '../protocol.ts';

const location = v.object({
  file: v.string(),
  line: v.pipe(v.number(), v.safeInteger()),
  column: v.exactOptional(v.pipe(v.number(), v.safeInteger())),
});
const problem = v.object({ title: v.string(), message: v.string(), at: v.exactOptional(location) });
const warning = v.object({ ...problem.entries, rule: v.exactOptional(v.picklist(ruleIds)) });

const imageRegistry = v.custom<Definition['recipe']['fromImageRegistry'] & object>(isRecord);

const phase = v.variant('name', [
  v.object({ name: v.literal('starting') }),
  v.object({ name: v.literal('evaluating'), at: v.exactOptional(location) }),
  v.object({ name: v.literal('calling'), exportName: v.string() }),
  v.object({ name: v.literal('installing'), what: v.string() }),
  v.object({
    name: v.literal('reading-image'),
    image: v.string(),
    registry: v.exactOptional(imageRegistry),
    advice: v.string(),
    at: v.exactOptional(location),
  }),
]);

const step = v.object({
  wire: v.object({
    type: v.string(),
    args: v.exactOptional(v.array(v.string())),
    force: v.exactOptional(v.boolean()),
  }),
  source: v.exactOptional(location),
  addedBySdk: v.exactOptional(v.picklist(['environment', 'workdir'])),
  forceUpload: v.exactOptional(v.boolean()),
  resolveSymlinks: v.exactOptional(v.boolean()),
});

const setting = <Schema extends v.GenericSchema>(value: Schema) =>
  v.exactOptional(v.object({ value, at: v.exactOptional(location) }));

const definition = v.object({
  kind: v.picklist(kindNames),
  file: v.string(),
  exportName: v.exactOptional(v.string()),
  sdk: v.object({ from: v.picklist(['repository', 'action']), version: v.string() }),
  recipe: v.object({
    fromImage: v.exactOptional(v.string()),
    fromTemplate: v.exactOptional(v.string()),
    startCmd: v.exactOptional(v.string()),
    readyCmd: v.exactOptional(v.string()),
    preBootScript: v.exactOptional(v.string()),
    force: v.exactOptional(v.boolean()),
    fromImageRegistry: v.exactOptional(imageRegistry),
  }),
  steps: v.array(step),
  sources: v.object({
    base: v.exactOptional(location),
    start: v.exactOptional(location),
    ready: v.exactOptional(location),
  }),
  contextDirectory: v.string(),
  ignorePatterns: v.array(v.string()),
  ignoreFile: v.exactOptional(v.string()),
  warnings: v.array(warning),
  settings: v.object({
    name: setting(v.string()),
    tags: setting(v.array(v.string())),
    cpuCount: setting(v.number()),
    memoryMb: setting(v.number()),
    skipCache: setting(v.boolean()),
    logLevel: setting(v.picklist(['debug', 'info', 'warn', 'error'])),
  }),
  readBy: v.exactOptional(v.string()),
  notices: v.array(problem),
});

/** A message is checked but not stripped, since a newer SDK may add fields to a recipe. */
const hostMessage = v.variant('type', [
  v.object({ type: v.literal('phase'), phase }),
  v.object({ type: v.literal('definition'), definition }),
  v.object({ type: v.literal('problems'), problems: v.tupleWithRest([problem], problem) }),
]);

/** Reads one message of the host; `undefined` for any other text. */
function parseMessage(text: string): HostMessage | undefined {
  const message = parseJson(text);
  return v.is(hostMessage, message) ? message : undefined;
}

/** No message is longer. A longer line is dropped. */
const longestLine = 64 * 1024 * 1024;

/**
 * Reads the host's messages from its pipe: lines that start with the run's token. Everything else is the definition's
 * own noise: it is dropped and reported.
 */
export function readChannel(
  stream: NodeJS.ReadableStream,
  token: string,
  on: { message: (message: HostMessage) => void; noise: () => void },
): void {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  const line = (text: string): void => {
    if (text === '') return;
    const message = text.startsWith(`${token} `) ? parseMessage(text.slice(token.length + 1)) : undefined;
    if (message) on.message(message);
    else on.noise();
  };
  stream.on('data', (chunk: Buffer) => {
    const pieces = decoder.write(chunk).split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      line(parts.join('') + piece);
      parts = [];
      length = 0;
    }
    if (length + last.length > longestLine) {
      on.noise();
      parts = [];
      length = 0;
      return;
    }
    parts.push(last);
    length += last.length;
  });
  // The pipe breaks when the process is killed, which its exit reports.
  stream.on('error', () => {});
}
