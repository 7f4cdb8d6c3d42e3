import { createHmac } from 'node:crypto';
import type { ImageRegistry } from '../service/types.ts';
import type { Line } from './ask.ts';
import { ecrCredentials } from './ecr.ts';
import { NotKnown } from './not-known.ts';

/** What a registry, or whoever gives its tokens, is told by Basic authentication. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Asks for credentials when a registry wants some. */
export type CredentialsSource = (line: Line) => Credentials | Promise<Credentials>;

/**
 * How a definition's credentials become a user and a password. Nothing is asked before the source is called.
 * Throws {@link NotKnown} for credentials that no registry takes.
 *
 * @param ecrEndpoint - asked instead of Amazon's own
 */
export function credentialsSource(registry: ImageRegistry, ecrEndpoint?: URL): CredentialsSource {
  const field = fieldsOf(registry);
  switch (registry.type) {
    case 'registry': {
      const basic = { username: field('username'), password: field('password') };
      return () => basic;
    }
    case 'gcp': {
      // https://cloud.google.com/artifact-registry/docs/docker/authentication#json-key
      const basic = { username: '_json_key', password: field('serviceAccountJson') };
      return () => basic;
    }
    case 'aws': {
      const key = {
        accessKeyId: field('awsAccessKeyId'),
        secretAccessKey: field('awsSecretAccessKey'),
        region: field('awsRegion'),
      };
      return (line) => ecrCredentials(key, line, ecrEndpoint);
    }
    case 'huawei': {
      // The long-term login of SWR: https://support.huaweicloud.com/intl/en-us/usermanual-swr/swr_01_1000.html
      const id = field('accessKeyId');
      const password = createHmac('sha256', field('secretAccessKey')).update(id).digest('hex');
      const basic = { username: `${field('region')}@${id}`, password };
      return () => basic;
    }
    case 'oci':
      throw new NotKnown('registries of Oracle Cloud cannot be asked with an API signing key');
    default:
      throw new NotKnown('the kind of its registry credentials is not known here');
  }
}

/** The value of an `Authorization` header. */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function fieldsOf(registry: ImageRegistry): (name: string) => string {
  return (name) => {
    const value = (registry as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new NotKnown(`its registry credentials have no ${name}`);
  };
}
