import { BuildRunner } from './build-runner.ts';
import type { Executor } from './executor.ts';
import { type FaultPlan, faultInterceptor } from './fault-plan.ts';
import { FileStore } from './files.ts';
import { createInspector, type Inspector } from './inspect.ts';
import { DEFAULT_LIMITS, type ServiceLimits } from './limits.ts';
import { createRouter, type ServiceContext } from './router.ts';
import { routes } from './routes/index.ts';
import { UPLOAD_PATH } from './routes/upload.ts';
import { SandboxStore } from './sandbox-store.ts';
import {
  createHttpServer,
  type Interceptor,
  listen,
  passThrough,
  type RequestRecord,
  stop,
} from './server.ts';
import { createSimulatedExecutor } from './simulated.ts';
import { TemplateStore } from './store.ts';

/** The default API key. */
export const LOCAL_API_KEY = 'local-service-key';

export interface LocalServiceOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Default {@link LOCAL_API_KEY}. */
  readonly apiKey?: string;
  /** The team's slug. Default `local`. */
  readonly team?: string;
  /** Default: simulated, with a new layer cache. */
  readonly executor?: Executor;
  readonly limits?: Partial<ServiceLimits>;
  /**
   * Answers with this status to `name:<buildID>` as the target of tags, as a version of the service may that looks for
   * tags only. By default it takes both.
   */
  readonly refuseBuildTargets?: 400 | 404;
  /** The most log entries in one response. Default 100. */
  readonly pageSize?: number;
  /** How many of the newest requests to keep. Default 10,000. */
  readonly keepRequests?: number;
  /** Faults on the way to the service and back. */
  readonly faults?: FaultPlan;
  /** Intercepts requests, in place of `faults`. */
  readonly intercept?: Interceptor;
}

export interface LocalService {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly apiKey: string;
  /** Oldest first; grows as requests come in. */
  readonly requests: readonly RequestRecord[];
  /** The state of the service, without the API. */
  readonly inspect: Inspector;
  /** Ends open connections and running builds at once and removes uploaded files. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts an empty template service on the loopback interface, in this process.
 *
 * @throws Error when the port is in use
 */
export async function startLocalService(options: LocalServiceOptions = {}): Promise<LocalService> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const apiKey = options.apiKey ?? LOCAL_API_KEY;
  const store = new TemplateStore(limits.waitingMs);
  const files = await FileStore.create(limits.uploadLinkMs);
  const executor = options.executor ?? createSimulatedExecutor();
  const runner = new BuildRunner(executor, store, files, limits.buildMs);
  const sandboxes = new SandboxStore(runner);
  let url = '';
  const context: ServiceContext = {
    store,
    files,
    runner,
    limits,
    sandboxes,
    team: options.team ?? 'local',
    pageSize: options.pageSize ?? 100,
    refuseBuildTargets: options.refuseBuildTargets,
    uploadUrl: (token) => `${url}${UPLOAD_PATH}${token}`,
  };
  const requests: RequestRecord[] = [];
  const server = createHttpServer(
    createRouter(routes, context, apiKey),
    options.intercept ?? (options.faults ? faultInterceptor(options.faults) : passThrough),
    requests,
    options.keepRequests ?? 10_000,
  );
  const closeAll = async () => {
    await stop(server);
    await sandboxes.close();
    await runner.close();
    await files.remove();
  };
  try {
    url = `http://127.0.0.1:${await listen(server, options.port ?? 0)}`;
  } catch (error) {
    await files.remove();
    throw error;
  }
  let closed: Promise<void> | undefined;
  return {
    url,
    apiKey,
    requests,
    inspect: createInspector(store, files, sandboxes),
    close: () => {
      closed ??= closeAll();
      return closed;
    },
  };
}
