import type { ImageRegistry } from '../../api/types.ts';
import { parseJson } from '../../json.ts';
import type { Result } from '../../result.ts';
import { failures } from '../failures.ts';
import { type EngineClient, EngineError } from './client.ts';
import { localOnly } from './local-only.ts';

/** What a build needs to know of an image. */
export interface Image {
  readonly id: string;
  /** Bytes, with the images below it. */
  readonly size: number;
  readonly env: Readonly<Record<string, string>>;
  /** Folders that the engine keeps apart from the image, so that a layer does not hold them. */
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** User and password for a registry. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Turns the credentials of a recipe into what a registry asks for. */
export type LoginSource = (registry: ImageRegistry) => Promise<Login>;

/** Knows the kinds whose login is written in them. */
export const writtenLogin: LoginSource = async (registry) => {
  const given = registry as Readonly<Record<string, string>>;
  const { username, password, serviceAccountJson } = given;
  if (username !== undefined && password !== undefined) return { username, password };
  // https://cloud.google.com/artifact-registry/docs/docker/authentication#json-key
  if (serviceAccountJson !== undefined) return { username: '_json_key', password: serviceAccountJson };
  throw new Error(`a local build cannot log in with credentials of the kind ${registry.type}`);
};

export async function inspectImage(client: EngineClient, name: string): Promise<Image | undefined> {
  try {
    const found = await client.json<Inspected>('GET', `/images/${name}/json`);
    const { Env, Volumes, Labels } = found.Config ?? {};
    const env = Object.fromEntries((Env ?? []).map((entry) => entry.split(/=([\s\S]*)/, 2)));
    return {
      id: found.Id,
      size: found.Size ?? 0,
      env,
      volumes: Object.keys(Volumes ?? {}),
      labels: Labels ?? {},
    };
  } catch (error) {
    if (error instanceof EngineError && error.status < 500) return undefined;
    throw error;
  }
}

/**
 * The image of a recipe: the engine's own copy where there is one and `renew` is not set, as the service keeps its own by
 * the written name, else that of the registry. A registry that cannot be reached is no failure while there is a copy.
 */
export async function obtainImage(
  client: EngineClient,
  reference: string,
  options: {
    readonly registry?: ImageRegistry | undefined;
    readonly login: LoginSource;
    readonly renew: boolean;
    readonly signal: AbortSignal;
    readonly note: (text: string) => void;
  },
): Promise<Result<Image>> {
  if (!plainReference.test(reference)) {
    return { ok: false, reason: failures.invalidReference(reference, 'could not parse reference') };
  }
  const known = await inspectImage(client, reference);
  if (known && !(options.renew && !reference.includes('@'))) return checked(known, reference, client);
  const fault = await pull(client, reference, options);
  if (fault !== undefined && known && isUnreachable(fault)) {
    options.note(
      `The registry cannot be reached, so the copy of ${reference} on this machine is used: ${fault}`,
    );
    return checked(known, reference, client);
  }
  if (fault !== undefined) return { ok: false, reason: pullFailure(reference, fault) };
  const pulled = await inspectImage(client, reference);
  if (!pulled) return { ok: false, reason: failures.pullFailed(reference, 'it is gone again') };
  return checked(pulled, reference, client);
}

async function checked(image: Image, reference: string, client: EngineClient): Promise<Result<Image>> {
  const { Architecture = 'amd64' } = await client.json<Inspected>('GET', `/images/${image.id}/json`);
  if (Architecture === 'amd64') return { ok: true, value: image };
  return { ok: false, reason: failures.wrongArchitecture(Architecture, reference) };
}

/** The engine's reason why it did not pull; `undefined` when it did. */
async function pull(
  client: EngineClient,
  reference: string,
  { registry, login, signal }: Parameters<typeof obtainImage>[2],
): Promise<string | undefined> {
  const hasVersion = reference.includes('@') || /:[^/]+$/.test(reference);
  try {
    const auth = registry && base64(await login(registry));
    const answer = await client.text('POST', '/images/create', {
      // Without a tag the engine would pull all of them.
      query: { fromImage: hasVersion ? reference : `${reference}:latest`, platform: 'linux/amd64' },
      ...(auth && { headers: { 'x-registry-auth': auth } }),
      signal,
    });
    const errors = answer.split('\n').flatMap((line) => {
      const { error } = (parseJson(line) ?? {}) as { error?: string };
      return error ?? [];
    });
    return errors.at(-1);
  } catch (error) {
    signal.throwIfAborted();
    return (error as Error).message;
  }
}

/** For URLs, and with the padding that the engine insists on. */
function base64(login: Login): string {
  const text = Buffer.from(JSON.stringify(login)).toString('base64');
  return text.replaceAll('+', '-').replaceAll('/', '_');
}

/** What may stand in a request's path; the engine itself knows what a reference is. */
const plainReference = /^(?!.*\.\.)[\w.:@/-]+$/;

const unreachable =
  /dial tcp|no such host|connection refused|i\/o timeout|TLS handshake|request canceled|server misbehaving|network is unreachable|\bEOF\b/i;

function isUnreachable(fault: string): boolean {
  return unreachable.test(fault);
}

/** An engine's reason in the words of the service. */
function pullFailure(reference: string, fault: string): string {
  if (/invalid reference format|invalid repository name/i.test(fault)) {
    return failures.invalidReference(reference, fault);
  }
  if (/no matching manifest|does not match the specified platform/i.test(fault)) {
    return failures.pullFailed(reference, fault);
  }
  if (/denied|unauthorized|authentication required|no basic auth/i.test(fault)) {
    return failures.accessDenied(reference);
  }
  if (/manifest (?:for .* )?(?:unknown|not found)|manifest unknown/i.test(fault)) {
    return failures.imageNotFound(reference);
  }
  if (/not found|name unknown|does not exist/i.test(fault)) return failures.repositoryNotFound(reference);
  const reason = failures.pullFailed(reference, fault);
  return isUnreachable(fault) ? localOnly(reason, 'this machine cannot reach the registry') : reason;
}

interface Inspected {
  readonly Id: string;
  readonly Size?: number;
  readonly Architecture?: string;
  readonly Config?: {
    readonly Env?: readonly string[] | null;
    readonly Volumes?: Readonly<Record<string, unknown>> | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
  } | null;
}
