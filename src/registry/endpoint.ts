import { dockerHub, type ImageReference } from './reference.ts';

/** The host of Docker Hub's API. */
const dockerHubApi = 'registry-1.docker.io';

/** Base URL of the registry of a reference: https, or http on this machine, as Docker does. */
export function registryAddress({ host }: ImageReference): URL {
  const address = new URL(`https://${host === dockerHub ? dockerHubApi : host}`);
  // Parsed again, since an https URL drops the port 443.
  return isLoopback(address) ? new URL(`http://${host}`) : address;
}

/** The registry of a reference, for a sentence. */
export function registryName({ host }: ImageReference): string {
  return host === dockerHub ? 'Docker Hub' : `the registry ${host}`;
}

/**
 * An address that a registry gives for a token or a redirect; `undefined` if it is not safe. Safe are https, and http
 * on this machine if the registry itself uses that.
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
