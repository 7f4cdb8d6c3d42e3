import type { ImageRegistry } from '../api/types.ts';
import type { Network } from '../http/network.ts';
import type { Result } from '../result.ts';
import { authorize } from './authorize.ts';
import { credentialsSource } from './credentials.ts';
import { registryAddress, registryName } from './endpoint.ts';
import { type RegistryVerdict, refusal, UnresolvedImageError } from './errors.ts';
import { headerDigest, manifestDigest, manifestTypes, maxManifestBytes } from './manifest.ts';
import { type ImageReference, parseImageReference } from './reference.ts';
import { type RegistryResponse, type RequestContext, sendRequest } from './request.ts';

/**
 * The digest of an image, or why it is unknown: the end of a sentence on one line, such as "the registry r.example
 * answered 503". The digest is `sha256:<64 hex>`, or the sha512 that the reference itself has. `verdict` is set when
 * the registry gave one about the image.
 */
export type ResolvedImage = Result<string, { readonly verdict?: RegistryVerdict }>;

export interface ResolveDeps {
  readonly network: Network;
  readonly signal: AbortSignal;
  /** Milliseconds for everything, retries and logins included. Default 20 s. */
  readonly limitMs?: number;
  /** Ask for the registry's verdict too. `missing` takes a second request. */
  readonly judge?: boolean;
  /** Used for tokens instead of Amazon ECR's own address. */
  readonly ecrEndpoint?: URL;
}

const defaultLimitMs = 20_000;

/**
 * Resolves an image reference to the digest that it has right now, by the distribution protocol
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests). For an image with several
 * platforms that is the digest of its index. A reference with a digest needs no request.
 *
 * Rejects with the signal's reason and nothing else.
 *
 * @param image - as in a definition: `python:3.12`, `ghcr.io/owner/name@sha256:…`
 * @param registry - credentials; where the registry refuses them, nothing is tried without them
 */
export async function resolveImage(
  image: string,
  registry: ImageRegistry | undefined,
  deps: ResolveDeps,
): Promise<ResolvedImage> {
  const no = (reason: string) => ({ ok: false, reason }) as const;
  deps.signal.throwIfAborted();
  const reference = parseImageReference(image);
  if (!reference) return no('it is not an image reference such as python:3.12 or ghcr.io/owner/name:tag');
  if (reference.digest !== undefined) return { ok: true, value: reference.digest };
  const limitMs = deps.limitMs ?? defaultLimitMs;
  const limit = AbortSignal.timeout(limitMs);
  const context = { network: deps.network, signal: AbortSignal.any([limit, deps.signal]) };
  try {
    return { ok: true, value: await fetchDigest(reference, registry, context, deps) };
  } catch (error) {
    deps.signal.throwIfAborted();
    const server = registryName(reference);
    if (limit.aborted) return no(`${server} took longer than ${Math.round(limitMs / 100) / 10} s`);
    if (!(error instanceof UnresolvedImageError)) return no(`asking ${server} failed`);
    const { message, verdict } = error;
    return { ...no(onOneLine(message)), ...(deps.judge && verdict && { verdict }) };
  }
}

async function fetchDigest(
  reference: ImageReference,
  registry: ImageRegistry | undefined,
  context: RequestContext,
  { ecrEndpoint, judge = false }: ResolveDeps,
): Promise<string> {
  const credentials = registry && credentialsSource(registry, ecrEndpoint);
  const address = registryAddress(reference);
  const url = new URL(`/v2/${reference.repository}/manifests/${reference.tag}`, address);
  const server = registryName(reference);
  const request = { url, headers: { accept: manifestTypes }, server };

  let authorization: string | undefined;
  // Docker Hub counts a HEAD less than a GET.
  let response = await sendRequest({ ...request, method: 'HEAD' }, context);
  let challenge = response;
  // Some registries hide private images and offer a login only below /v2/.
  if (credentials && (response.status === 403 || response.status === 404))
    challenge = await sendRequest(
      { method: 'GET', url: new URL('/v2/', address), headers: {}, server },
      context,
    );
  if (challenge.status === 401 && challenge.redirectedTo === undefined) {
    authorization = await authorize(challenge, { ...context, reference, address, credentials });
    response = await sendRequest({ ...request, method: 'HEAD', authorization }, context);
  }
  const expectOk = ({ status, redirectedTo }: RegistryResponse) => {
    if (status === 200) return;
    if (redirectedTo !== undefined)
      throw new UnresolvedImageError(`${redirectedTo}, to which ${server} redirects, answered ${status}`);
    throw refusal(status, server, { reference, credentials, loggedIn: authorization !== undefined });
  };
  // Some registries do not support HEAD, and not all of those answer 405 to it.
  const doubtful = judge && response.status === 404 && response.redirectedTo === undefined;
  if (response.status !== 405 && !doubtful) {
    expectOk(response);
    const digest = headerDigest(response, server);
    if (digest !== undefined) return digest;
  }
  const get = { ...request, method: 'GET', authorization, maxBytes: maxManifestBytes } as const;
  response = await sendRequest(get, context);
  expectOk(response);
  return manifestDigest(response, server);
}

/** A message has names of hosts and codes of errors, which must stay on one line. */
function onOneLine(message: string): string {
  return message.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 500);
}
