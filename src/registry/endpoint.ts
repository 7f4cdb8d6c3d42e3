import { dockerHub, type ImageReference } from './reference.ts';

/** The host that answers for Docker Hub. */
const dockerHubApi = 'registry-1.docker.io';

/** Where the registry of a reference is asked: by https, on this machine by http, as Docker does. */
export function registryAddress({ host }: ImageReference): URL {
  const address = new URL(`https://${host === dockerHub ? dockerHubApi : host}`);
  // Written anew, since a port of 443 or 80 is dropped as the scheme's own.
  return isLoopback(address) ? new URL(`http://${host}`) : address;
}

/** The registry of a reference as it stands in a sentence. */
export function registryName({ host }: ImageReference): string {
  return host === dockerHub ? 'Docker Hub' : `the registry ${host}`;
}

/**
 * An address that a registry names, for a token or as the target of a redirect, when it may be asked: by https, or
 * by http on this machine where the registry itself is spoken to so. `undefined` for any other.
 */
export function namedAddress(written: string, base: URL): URL | undefined {
  if (!URL.canParse(written, base.href)) return undefined;
  const address = new URL(written, base);
  if (address.username !== '' || address.password !== '') return undefined;
  const plain = address.protocol === 'http:' && base.protocol === 'http:' && isLoopback(address);
  return address.protocol === 'https:' || plain ? address : undefined;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}
