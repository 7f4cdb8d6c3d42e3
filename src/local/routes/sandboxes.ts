import { ApiError, empty, json } from '../http.ts';
import { checkSandboxes } from '../limits.ts';
import { DEFAULT_TAG, parseReference } from '../names.ts';
import type { Route } from '../router.ts';
import { checkBody } from '../schema.ts';
import { ENVD_VERSION } from './envd.ts';

const DEFAULT_TIMEOUT_S = 15;

interface NewSandbox {
  readonly templateID: string;
  /** Seconds. */
  readonly timeout?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Starts a sandbox from the newest ready build of `name`, `name:tag` or `name:buildID`. */
export const createSandbox: Route = {
  method: 'POST',
  path: '/sandboxes',
  async handle(call, { store, sandboxes, limits, team }) {
    const body = await call.json();
    checkBody(
      'NewSandbox',
      {
        templateID: { type: 'string', required: true },
        timeout: { type: 'integer', minimum: 0 },
        metadata: { type: 'object' },
      },
      body,
    );
    const { templateID: reference, timeout = DEFAULT_TIMEOUT_S, metadata } = body as NewSandbox;
    const { namespace, alias, tag } = parseReference(reference, 'Invalid template');
    const template = namespace === undefined || namespace === team ? store.byIdOrAlias(alias) : undefined;
    if (!template) throw new ApiError(404, `template '${reference}' not found`);
    const build = store.readyBuild(template.id, tag ?? DEFAULT_TAG);
    if (!build)
      throw new ApiError(404, `tag '${tag ?? DEFAULT_TAG}' does not exist for template '${template.alias}'`);
    checkSandboxes(sandboxes.running().length, limits);
    const sandbox = await sandboxes.create(build, timeout * 1000, metadata);
    return json(201, {
      ...{ sandboxID: sandbox.id, templateID: template.id, alias: template.alias, clientID: 'local' },
      ...{ envdVersion: ENVD_VERSION, envdAccessToken: sandbox.token },
    });
  },
};

/** Those that run, newest first; `metadata` is a query of its own, with names and values encoded once more. */
export const listSandboxes: Route = {
  method: 'GET',
  path: '/v2/sandboxes',
  handle(call, { sandboxes }) {
    const wanted = [...new URLSearchParams(call.query.get('metadata') ?? '')].map(
      ([key, text]) => [decodeURIComponent(key), decodeURIComponent(text)] as const,
    );
    const found = sandboxes
      .running()
      .filter(({ metadata }) => wanted.every(([key, text]) => metadata[key] === text))
      .toReversed();
    return json(
      200,
      found.map(({ id, build, metadata, startedAt, endsAt }) => ({
        ...{ sandboxID: id, templateID: build.templateId, alias: build.name, clientID: 'local' },
        ...{ cpuCount: build.cpuCount, memoryMB: build.memoryMb, diskSizeMB: 20_480 },
        ...{ metadata, state: 'running', envdVersion: ENVD_VERSION },
        ...{ startedAt: new Date(startedAt).toISOString(), endAt: new Date(endsAt).toISOString() },
      })),
    );
  },
};

export const killSandbox: Route = {
  method: 'DELETE',
  path: '/sandboxes/{sandboxID}',
  async handle(call, { sandboxes }) {
    const id = call.param('sandboxID');
    if (await sandboxes.kill(id)) return empty(204);
    throw new ApiError(404, `sandbox '${id}' not found`);
  },
};

/** The newest reading only. */
export const sandboxMetrics: Route = {
  method: 'GET',
  path: '/sandboxes/{sandboxID}/metrics',
  async handle(call, { sandboxes }) {
    const id = call.param('sandboxID');
    const sandbox = sandboxes.get(id);
    if (!sandbox) throw new ApiError(404, `sandbox '${id}' not found`);
    const now = new Date();
    const time = { timestamp: now.toISOString(), timestampUnix: Math.floor(now.getTime() / 1000) };
    return json(200, [{ ...time, ...(await sandbox.machine.metrics()) }]);
  },
};

/** What the team may use, and what it uses now. */
export const sandboxQuota: Route = {
  method: 'GET',
  path: '/sandboxes/quota',
  handle(_call, { limits, sandboxes }) {
    const builds = sandboxes.running().map(({ build }) => build);
    const sum = (values: number[]) => values.reduce((one, other) => one + other, 0);
    const { concurrentSandboxes, maxCpu, maxMemoryMb } = limits;
    return json(200, {
      limit: {
        concurrentInstances: concurrentSandboxes,
        concurrentVcpu: concurrentSandboxes * maxCpu,
        concurrentRamMb: concurrentSandboxes * maxMemoryMb,
        maxLengthHours: 3,
        diskMb: 20_480,
        maxVcpu: maxCpu,
        maxRamMb: maxMemoryMb,
      },
      usage: {
        concurrentInstances: builds.length,
        concurrentVcpu: sum(builds.map(({ cpuCount }) => cpuCount)),
        concurrentRamMb: sum(builds.map(({ memoryMb }) => memoryMb)),
      },
    });
  },
};
