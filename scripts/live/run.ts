import * as v from 'valibot';
import { type StartedSandbox, startedSandbox } from '../../src/api/sandbox-schemas.ts';
import * as schemas from '../../src/api/schemas.ts';
import type { RecipeBody } from '../../src/api/types.ts';
import { ServiceError } from '../../src/http/errors.ts';
import type { Network } from '../../src/http/network.ts';
import { pause } from '../../src/http/sleep.ts';
import type { SandboxCommands } from '../../src/smoke-test/sandbox-commands.ts';
import { bodyOf, NotAnswered } from './answer.ts';
import type { OwnName } from './own-name.ts';
import type { LiveResponse, LiveService } from './service.ts';

/** What a run has made and must remove. It grows before each request that makes something. */
export interface Traces {
  /** Whether the name may have been claimed. */
  claimed: boolean;
  readonly templateIds: Set<string>;
  readonly tags: Set<string>;
  readonly sandboxIds: Set<string>;
}

export interface RunDeps {
  readonly service: LiveService;
  /** For what does not go to the service itself. */
  readonly network: Network;
  readonly name: OwnName;
  /** The image that the builds start from. */
  readonly image: string;
  readonly signal: AbortSignal;
  readonly commandsOf: (sandbox: StartedSandbox) => SandboxCommands;
  /** Says what begins. */
  readonly tell: (sentence: string) => void;
}

export interface RegisteredBuild extends schemas.Registration {
  /** The response to its registration. */
  readonly registered: LiveResponse;
}

/** A build of this run that is ready. */
export interface ReadyBuild extends RegisteredBuild {
  /** The first page of its log, requested after its end. */
  readonly firstPage: LiveResponse;
}

export interface Rebuild extends RegisteredBuild {
  /** What the shared tag meant when this build was registered and not yet started: a response of `POST /templates/tags`. */
  readonly sharedBefore: LiveResponse;
  readonly tagsBefore: LiveResponse;
  /** Waits for its end. */
  readonly ready: () => Promise<ReadyBuild>;
}

export interface RunningSandbox {
  readonly sandboxId: string;
  readonly commands: SandboxCommands;
  /** The responses to `POST /sandboxes` with `name:buildID`, and where that was refused, with `name:tag`. */
  readonly started: readonly [byBuildId: LiveResponse, byTag?: LiveResponse];
}

/** What questions share. Each thing is made once, when the first question needs it; it fails for all in the same way. */
export interface Run extends RunDeps {
  readonly traces: Traces;
  /** Registers a build under these tags. */
  register(tags: readonly string[], size?: { cpuCount: number; memoryMB: number }): Promise<LiveResponse>;
  /** The first build, registered under `first`, `shared` and {@link candidateTag}. */
  registered(): Promise<RegisteredBuild>;
  first(): Promise<ReadyBuild>;
  /** A second build of the same name, registered under `shared` and `second`. */
  rebuild(): Promise<Rebuild>;
  firstSandbox(): Promise<RunningSandbox>;
  secondSandbox(): Promise<RunningSandbox>;
  /** `POST /templates/tags`: puts a tag on what `name:target` means. */
  assign(target: string, tag: string): Promise<LiveResponse>;
}

export const candidateTag = 'candidate-1-1-abc';
export const startCommand = 'sleep 86399';
export const preBootFile = '/var/tmp/live-check-pre-boot';
export const preBootLine = 'live-check-pre-boot';
/** More than two pages of a log. */
export const logLines = 250;
export const size = { cpuCount: 2, memoryMB: 1024 };
/** Seconds after which a sandbox ends by itself, in case nobody is left to end it. */
export const sandboxSeconds = 300;

const pollMs = 1000;
const buildLimitMs = 12 * 60_000;
const mostFailures = 5;

/** Tells who ran it, when after the start of the machine, and by whom it was started. */
const preBootScript = `echo ${preBootLine}
{ echo "user $(id -un)"; echo "uptime $(cut -d' ' -f1 /proc/uptime)"; echo "parent $(tr '\\0' ' ' < /proc/$PPID/cmdline)"; } > ${preBootFile} 2>&1
chmod 644 ${preBootFile}`;

export function createRun(deps: RunDeps): Run {
  const { service, name, image, signal, tell } = deps;
  const traces: Traces = { claimed: false, templateIds: new Set(), tags: new Set(), sandboxIds: new Set() };
  const recipe: RecipeBody = {
    fromImage: image,
    steps: [{ type: 'RUN', args: [`seq 1 ${logLines}`] }],
    startCmd: startCommand,
    readyCmd: 'true',
  };

  const register: Run['register'] = async (tags, asked = size) => {
    signal.throwIfAborted();
    traces.claimed = true;
    for (const tag of tags) traces.tags.add(tag);
    const response = await service.send('POST', '/v3/templates', { body: { name, tags, ...asked } });
    if (v.is(schemas.registration, response.body)) traces.templateIds.add(response.body.templateID);
    return response;
  };

  async function registerBuild(tags: readonly string[]): Promise<RegisteredBuild> {
    const registered = await register(tags);
    return { ...bodyOf(registered, schemas.registration), registered };
  }

  async function start({ templateID, buildID }: RegisteredBuild, body: RecipeBody): Promise<void> {
    signal.throwIfAborted();
    const path = { id: templateID, build: buildID };
    const response = await service.send('POST', '/v2/templates/{id}/builds/{build}', { path, body });
    if (!response.ok)
      throw new NotAnswered(`the start of the build was answered ${response.status}`, response);
  }

  async function untilReady(build: RegisteredBuild, which: string): Promise<ReadyBuild> {
    const path = { id: build.templateID, build: build.buildID };
    const begun = Date.now();
    let failures = 0;
    while (Date.now() - begun < buildLimitMs) {
      await pause(pollMs, signal);
      const response = await service
        .send('GET', '/templates/{id}/builds/{build}/status', { path, query: { logsOffset: 0 } })
        .catch((error: unknown) => {
          if (!(error instanceof ServiceError) || failures >= mostFailures) throw error;
          return undefined;
        });
      if (!response?.ok) {
        failures += 1;
        if (response && failures > mostFailures)
          throw new NotAnswered(`the status of the ${which} build was answered ${response.status}`, response);
        continue;
      }
      failures = 0;
      const { status, reason } = bodyOf(response, schemas.buildStatus);
      if (status === 'ready') return { ...build, firstPage: response };
      if (status === 'error') {
        const why = service.show(reason?.message ?? 'no reason is given');
        throw new NotAnswered(`the ${which} build failed: ${why}`, {
          ...response.evidence,
          line: `status error: ${why}`,
        });
      }
    }
    throw new NotAnswered(`the ${which} build did not end within ${buildLimitMs / 60_000} minutes`);
  }

  async function startSandbox({ buildID }: ReadyBuild, tag: string): Promise<RunningSandbox> {
    const create = async (reference: string) => {
      signal.throwIfAborted();
      const response = await service.send('POST', '/sandboxes', {
        body: {
          ...{ templateID: `${name}:${reference}`, timeout: sandboxSeconds },
          ...{ secure: true, allow_internet_access: true, autoPause: false },
          metadata: { purpose: 'live check' },
        },
      });
      if (response.ok && v.is(v.object({ sandboxID: v.string() }), response.body))
        traces.sandboxIds.add(response.body.sandboxID);
      return response;
    };
    tell(`Starting a sandbox of ${name}:${buildID} ...`);
    const byBuildId = await create(buildID);
    const byTag = byBuildId.ok ? undefined : await create(tag);
    const sandbox = bodyOf(byTag ?? byBuildId, startedSandbox);
    return {
      sandboxId: sandbox.sandboxId,
      commands: deps.commandsOf(sandbox),
      started: byTag ? [byBuildId, byTag] : [byBuildId],
    };
  }

  const assign: Run['assign'] = async (target, tag) => {
    signal.throwIfAborted();
    traces.tags.add(tag);
    return service.send('POST', '/templates/tags', { body: { target: `${name}:${target}`, tags: [tag] } });
  };

  const registered = once(() => registerBuild(['first', 'shared', candidateTag]));
  const first = once(async () => {
    const build = await registered();
    tell(`Building ${name}, 1 of 2 ...`);
    await start(build, recipe);
    return untilReady(build, 'first');
  });
  const rebuild = once(async (): Promise<Rebuild> => {
    await first();
    tell(`Building ${name}, 2 of 2 ...`);
    const build = await registerBuild(['shared', 'second']);
    const sharedBefore = await assign('shared', 'shared-before');
    const tagsBefore = await service.send('GET', '/templates/{id}/tags', { path: { id: build.templateID } });
    await start(build, { ...recipe, preBootScript });
    return { ...build, sharedBefore, tagsBefore, ready: once(() => untilReady(build, 'second')) };
  });
  return {
    ...deps,
    ...{ traces, register, registered, first, rebuild, assign },
    firstSandbox: once(async () => startSandbox(await first(), 'first')),
    secondSandbox: once(async () => startSandbox(await (await rebuild()).ready(), 'second')),
  };
}

/** The same promise for every call. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
