import * as v from 'valibot';

const location = v.object({
  file: v.string(),
  line: v.number(),
  column: v.exactOptional(v.number()),
});
const at = v.optional(v.nullable(location));

const step = v.object({
  type: v.string(),
  args: v.array(v.string()),
  force: v.boolean(),
  forceUpload: v.exactOptional(v.boolean()),
  resolveSymlinks: v.exactOptional(v.boolean()),
  at,
});

/** A template as the driver in Python hands it over. */
const fields = v.object({
  steps: v.array(step),
  image: v.exactOptional(v.string()),
  template: v.exactOptional(v.string()),
  registry: v.exactOptional(v.record(v.string(), v.unknown())),
  inheritsConfig: v.boolean(),
  username: v.exactOptional(v.string()),
  password: v.exactOptional(v.string()),
  envs: v.record(v.string(), v.string()),
  start: v.exactOptional(v.string()),
  ready: v.exactOptional(v.string()),
  patch: v.exactOptional(v.string()),
  force: v.boolean(),
  /** `skip_cache()` counts for the step that the SDK adds at the end, too. */
  forceNext: v.boolean(),
  context: v.string(),
  ignore: v.array(v.string()),
  /** Calls whose arguments the SDK puts into a shell command. */
  shell: v.array(v.object({ method: v.string(), args: v.array(v.unknown()), at })),
  lines: v.object({ base: at, start: at, ready: at }),
});

const build = v.object({
  call: v.string(),
  name: v.optional(v.nullable(v.string())),
  exportName: v.optional(v.nullable(v.string())),
  options: v.record(v.string(), v.unknown()),
  logLevel: v.optional(v.nullable(v.string())),
  at,
  fields: v.exactOptional(fields),
});

const failure = v.object({
  type: v.string(),
  module: v.string(),
  message: v.string(),
  at,
  cause: v.exactOptional(v.string()),
  /** What the recipe called to end its process, and what that does. */
  ended: v.exactOptional(v.string()),
  effect: v.exactOptional(v.string()),
  /** What `sys.exit()` got. */
  exit: v.exactOptional(v.union([v.number(), v.string()])),
  /** Title of the problem with a file that may not be loaded. */
  refused: v.exactOptional(v.string()),
  syntax: v.exactOptional(v.boolean()),
  text: v.exactOptional(v.string()),
  name: v.exactOptional(v.string()),
  missing: v.exactOptional(v.boolean()),
  key: v.exactOptional(v.string()),
  environment: v.exactOptional(v.boolean()),
  owner: v.exactOptional(v.string()),
  memory: v.exactOptional(v.boolean()),
  network: v.exactOptional(v.boolean()),
});

const found = v.object({ title: v.string(), message: v.string(), at, unset: v.exactOptional(v.string()) });

const message = v.variant('type', [
  v.object({ type: v.literal('check'), path: v.string() }),
  v.object({ type: v.literal('evaluating') }),
  v.object({ type: v.literal('at'), at: location }),
  v.object({ type: v.literal('calling'), name: v.string() }),
  v.object({ type: v.literal('sdk'), reason: v.string(), old: v.boolean() }),
  v.object({ type: v.literal('problems'), problems: v.array(found) }),
  v.object({ type: v.literal('failure'), failure }),
  v.object({
    type: v.literal('result'),
    exportName: v.exactOptional(v.string()),
    fields: v.exactOptional(fields),
    builds: v.array(build),
    undone: v.array(v.object({ call: v.string(), at })),
    problems: v.array(found),
    stopped: v.exactOptional(failure),
  }),
]);

/** What the driver says: what it does next, or what came of the recipe. */
export type DriverMessage = v.InferOutput<typeof message>;
export type Fields = v.InferOutput<typeof fields>;
export type Failure = v.InferOutput<typeof failure>;
export type Found = v.InferOutput<typeof found>;
export type Build = v.InferOutput<typeof build>;
/** The last message of a run. */
export type Answer = Extract<DriverMessage, { type: 'sdk' | 'problems' | 'failure' | 'result' }>;

/** Reads one message of the driver; `undefined` for anything else. */
export function asDriverMessage(value: unknown): DriverMessage | undefined {
  return v.is(message, value) ? value : undefined;
}
