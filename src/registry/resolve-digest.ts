import type { Dispatcher } from 'undici';
import type { ImageRegistry } from '../api/types.ts';
import { authorize } from './authorize.ts';
import { credentialsSource } from './credentials.ts';
import { registryAddress, registryName } from './endpoint.ts';
import { type RegistryVerdict, refusal, UnresolvedImageError } from './errors.ts';
import { headerDigest, manifestDigest, manifestTypes, mostManifestBytes } from './manifest.ts';
import { type ImageReference, parseImageReference } from './reference.ts';
import { ask, type RegistryResponse, type RequestContext } from './request.ts';

/**
 * What a registry says an image is, or why that is not known: the end of a sentence on one line, such as "the
 * registry r.example answered 503", and what the registry itself says of the image where it does. The digest is `sha256:<64 hex>`; only a reference that names a sha512 itself
 * gets that back.
 */
export type ResolvedImage =
  | { readonly digest: string }
  | { readonly unknown: string; readonly verdict?: RegistryVerdict };

export interface ResolveDeps {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  /** Milliseconds for everything, repetitions and logins included. Default 20 s. */
  readonly limitMs?: number;
  /** Tell what the registry says of the image, too; that there is none only after a second request said so. */
  readonly judge?: boolean;
  /** Asked for tokens instead of Amazon ECR's own address. */
  readonly ecrEndpoint?: URL;
}

const defaultLimitMs = 20_000;

/**
 * Asks the registry of an image what its reference means right now, by the distribution protocol
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests). Of an image for several
 * platforms that is the digest of its index. A reference with a digest is answered without a request.
 *
 * Rejects with the signal's reason and nothing else.
 *
 * @param image - as in a definition: `python:3.12`, `ghcr.io/owner/name@sha256:…`
 * @param registry - credentials; where they are refused, nothing is tried without them
 */
export async function resolveImage(
  image: string,
  registry: ImageRegistry | undefined,
  deps: ResolveDeps,
): Promise<ResolvedImage> {
  deps.signal.throwIfAborted();
  const reference = parseImageReference(image);
  if (!reference)
    return { unknown: 'it is not an image reference such as python:3.12 or ghcr.io/owner/name:tag' };
  if (reference.digest !== undefined) return { digest: reference.digest };
  const limitMs = deps.limitMs ?? defaultLimitMs;
  const limit = AbortSignal.timeout(limitMs);
  const line = { dispatcher: deps.dispatcher, signal: AbortSignal.any([limit, deps.signal]) };
  try {
    return { digest: await askForDigest(reference, registry, line, deps) };
  } catch (error) {
    deps.signal.throwIfAborted();
    const who = registryName(reference);
    if (limit.aborted) return { unknown: `${who} took longer than ${Math.round(limitMs / 100) / 10} s` };
    if (!(error instanceof UnresolvedImageError)) return { unknown: `asking ${who} failed` };
    const { message, verdict } = error;
    return { unknown: onOneLine(message), ...(deps.judge && verdict && { verdict }) };
  }
}

async function askForDigest(
  reference: ImageReference,
  registry: ImageRegistry | undefined,
  line: RequestContext,
  { ecrEndpoint, judge: judging = false }: ResolveDeps,
): Promise<string> {
  const credentials = registry && credentialsSource(registry, ecrEndpoint);
  const address = registryAddress(reference);
  const url = new URL(`/v2/${reference.repository}/manifests/${reference.tag}`, address);
  const who = registryName(reference);
  const question = { url, headers: { accept: manifestTypes }, who };

  let authorization: string | undefined;
  // Docker Hub counts a HEAD less than a GET.
  let answer = await ask({ ...question, method: 'HEAD' }, line);
  let offer = answer;
  // Some hide from everybody what is private, and offer a login only where everything below is refused.
  if (credentials && (answer.status === 403 || answer.status === 404))
    offer = await ask({ method: 'GET', url: new URL('/v2/', address), headers: {}, who }, line);
  if (offer.status === 401 && offer.elsewhere === undefined) {
    authorization = await authorize(offer, { reference, address, credentials, line });
    answer = await ask({ ...question, method: 'HEAD', authorization }, line);
  }
  const judge = ({ status, elsewhere }: RegistryResponse) => {
    if (status === 200) return;
    if (elsewhere !== undefined)
      throw new UnresolvedImageError(`${elsewhere}, to which ${who} redirects, answered ${status}`);
    throw refusal(status, who, { reference, credentials, loggedIn: authorization !== undefined });
  };
  // Some know no HEAD, and not all of them answer 405 to it.
  const doubtful = judging && answer.status === 404 && answer.elsewhere === undefined;
  if (answer.status !== 405 && !doubtful) {
    judge(answer);
    const digest = headerDigest(answer, who);
    if (digest !== undefined) return digest;
  }
  answer = await ask({ ...question, method: 'GET', authorization, most: mostManifestBytes }, line);
  judge(answer);
  return manifestDigest(answer, who);
}

/** A message holds names of hosts and codes of errors, of which none should break out of its line. */
function onOneLine(message: string): string {
  return message.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 500);
}
