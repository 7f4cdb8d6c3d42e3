/** The parts of an image reference, with Docker's defaults for missing ones. */
export interface ImageReference {
  /** Host and port as written; by default `docker.io`. */
  readonly host: string;
  /** Path below the host: `library/python`, `owner/name`. */
  readonly repository: string;
  /** `latest` when neither a tag nor a digest is written. */
  readonly tag?: string;
  /** `sha256:<64 hex>` or `sha512:<128 hex>`. */
  readonly digest?: string;
}

/** The name of Docker Hub in references. Its API has another host; see `endpoint.ts`. */
export const dockerHub = 'docker.io';

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const domain = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const written = /^([^@]+?)(?::(\w[\w.-]{0,127}))?(?:@(.+))?$/;
const anyDigest = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** The longest name that registries accept, host included. */
const longestName = 255;

/**
 * Parses a reference by the grammar and the normalization of https://github.com/distribution/reference. A first part is
 * a host when it has a dot or a port, or is `localhost`. A single part at Docker Hub is below `library/`. `undefined`
 * for any other text.
 */
export function parseImageReference(image: string): ImageReference | undefined {
  const [, name = '', tag, digest] = written.exec(image) ?? [];
  if (name === '' || name.length > longestName || (digest !== undefined && !anyDigest.test(digest)))
    return undefined;
  // Docker reads it as the identifier of a local image.
  if (/^[a-f0-9]{64}$/.test(name)) return undefined;
  const { host, path } = splitHost(name);
  if (!domain.test(host) || !URL.canParse(`https://${host}`)) return undefined;
  if (!path.split('/').every((part) => component.test(part))) return undefined;
  const repository = host === dockerHub && !path.includes('/') ? `library/${path}` : path;
  if (tag === undefined && digest === undefined) return { host, repository, tag: 'latest' };
  return { host, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/**
 * The reference that means exactly these bytes: `python@sha256:…`. It has no tag, since not every runtime accepts a tag
 * and a digest together. Returns a reference with a digest, and what is not a reference, unchanged.
 */
export function pinImage(image: string, digest: string): string {
  const reference = parseImageReference(image);
  if (!reference || reference.digest !== undefined) return image;
  return `${image.replace(/:[\w.-]+$/, '')}@${digest}`;
}

function splitHost(name: string): { host: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  if (slash === -1 || !isHost) return { host: dockerHub, path: name };
  return { host: first === `index.${dockerHub}` ? dockerHub : first, path: name.slice(slash + 1) };
}
