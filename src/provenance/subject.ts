import { createHash } from 'node:crypto';

/** What a template of one content is called where something is said of it: the subject of an attestation. */
export interface Subject {
  /** `us-phx-1.sandbox.novita.ai/my-agent`: region and template, in the form of an image's name. */
  readonly name: string;
  /** `sha256:` and the fingerprint. */
  readonly digest: string;
}

/**
 * The subject of a template. Its name begins with the host of the API without `api.`, so that two regions' templates
 * are never confused, and the input `domain` and the address of the same region give the same name.
 *
 * @param name - `my-agent` or `team/my-agent`, as the user has it
 * @param fingerprint - 64 lower-case hex digits
 */
export function subjectOf(apiUrl: string, name: string, fingerprint: string): Subject {
  const { host, pathname } = new URL(apiUrl);
  const region = `${host.replace(/^api\./, '')}${pathname.replace(/\/+$/, '')}`;
  // The runner keeps `=` for later, and `@` stands before the digest.
  const legal = region.toLowerCase().replace(/[^a-z0-9._:/-]+/g, '-');
  return { name: `${legal}/${name}`, digest: `sha256:${fingerprint}` };
}

/** `oci://<name>@sha256:<64 hex digits>`, as GitHub's runner takes it. */
export function subjectLine({ name, digest }: Subject): string {
  return `oci://${name}@${digest}`;
}

/**
 * The subject as the checksums that `actions/attest` takes: under its digest, and as a file that has nothing but
 * {@link subjectLine}. GitHub's command line verifies files and images in registries only. Whoever knows the subject
 * can write that file.
 */
export function subjectChecksums(subject: Subject): string {
  const { name, digest } = subject;
  const ofLine = createHash('sha256')
    .update(`${subjectLine(subject)}\n`)
    .digest('hex');
  return `${digest.slice('sha256:'.length)}  ${name}\n${ofLine}  ${name}.subject\n`;
}
