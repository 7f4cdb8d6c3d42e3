import type { SourceLocation } from '../../../problem.ts';
import { callerStack, type FrameFinder } from '../../stack-frames.ts';
import type { Sdk } from '../load-sdk.ts';
import { placeholderKey } from '../placeholder-key.ts';
import type { BuildCalls } from './build-calls.ts';
import { holdWritesBack } from './held-writes.ts';

/** A call of a build script that would reach a service. */
export interface LeftUndone {
  /** `Sandbox.create()` */
  readonly call: string;
  readonly at: SourceLocation | undefined;
}

const classes = [
  'Sandbox',
  'CodeInterpreterSandbox',
  'DesktopSandbox',
  'Volume',
  'Secret',
  'TemplateApi',
  'TemplateBase',
  'Template',
];

/** Statics that only describe, or that are noted elsewhere. */
const local = new Set(['build', 'buildInBackground', 'toJSON', 'toDockerfile', 'imageConfigFailure', 'list']);

/** The client's spaces hand calls on to these classes, under the same names. */
const answers: Readonly<Record<string, (builds: BuildCalls, args: readonly unknown[]) => unknown>> = {
  exists: ({ promised }, [name]) => promised.some((build) => build.name === String(name).split(':')[0]),
  aliasExists: ({ promised }, [name]) => promised.some((build) => build.name === String(name).split(':')[0]),
  getBuildStatus: ({ promised }) => ({
    status: 'ready',
    templateID: promised.at(-1)?.templateId ?? '',
    buildID: promised.at(-1)?.buildId ?? '',
    logEntries: [],
    logs: [],
  }),
  assignTags: ({ promised }, [, tags]) => ({ buildId: promised.at(-1)?.buildId ?? '', tags: [tags].flat() }),
  removeTags: () => undefined,
  getTags: ({ promised }) =>
    (promised.at(-1)?.tags ?? []).map((tag) => ({
      tag,
      buildId: promised.at(-1)?.buildId ?? '',
      createdAt: new Date(0),
    })),
};

/**
 * Keeps a build script from the service, and from any other once its build is known. Look-ups of templates and their
 * tags get the answer that fits the build. All other calls stay without one, so the script ends there.
 *
 * @returns the calls so far, and a function that lets requests through again
 */
export function leaveServiceAlone(
  { sdk, frames }: { readonly sdk: Sdk; readonly frames: FrameFinder },
  builds: BuildCalls,
): { readonly undone: readonly LeftUndone[]; readonly release: () => void } {
  const undone: LeftUndone[] = [];
  const note = (call: string): void => {
    undone.push({ call, at: frames.find(callerStack()) });
  };
  const named: [string, unknown][] = classes.map((name) => [name, sdk.exports[name]]);
  for (const [name, owner] of named) {
    if (typeof owner !== 'function') continue;
    for (const method of staticsOf(owner)) {
      if (local.has(method)) continue;
      const answer = name.startsWith('Template') ? answers[method] : undefined;
      const replaced = (...args: unknown[]): unknown => {
        note(`${name === 'TemplateBase' ? 'Template' : name}.${method}()`);
        return answer ? Promise.resolve(answer(builds, args)) : new Promise(() => {});
      };
      Reflect.set(owner, method, replaced);
    }
  }
  holdWritesBack((path) => note(`writing ${path}`));
  const fetch = globalThis.fetch;
  globalThis.fetch = async (...args) => {
    if (builds.calls.length === 0 && !carriesPlaceholder(args)) return fetch(...args);
    const [input] = args;
    note(`the request to ${hostOf(input instanceof Request ? input.url : String(input))}`);
    return new Promise(() => {});
  };
  return {
    undone,
    release: () => {
      globalThis.fetch = fetch;
    },
  };
}

function staticsOf(owner: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(owner))
    .filter(
      ([, { value, writable }]) => writable && typeof value === 'function' && !/^class\b/.test(String(value)),
    )
    .map(([name]) => name);
}

function carriesPlaceholder([input, init]: Parameters<typeof fetch>): boolean {
  const headers = [input instanceof Request ? input.headers : undefined, init?.headers];
  return headers.some((given) => [...new Headers(given)].some(([, value]) => value.includes(placeholderKey)));
}

function hostOf(address: string): string {
  return URL.parse(address)?.host ?? 'a server';
}
