import { tokensIn } from '../redact/address-secrets.ts';
import type { Definition } from './definition.ts';

/** Secret fields of all kinds of registries. User names, regions and fingerprints are not secret. */
const secretFields = new Set([
  'password',
  'awsAccessKeyId',
  'awsSecretAccessKey',
  'serviceAccountJson',
  'privateKey',
  'accessKeyId',
  'secretAccessKey',
]);

/** The secrets in a definition: registry credentials of its base image, and tokens in URLs of its steps. */
export function definitionSecrets(definition: Definition): string[] {
  const { recipe, steps } = definition;
  const texts = [...steps.flatMap(({ wire }) => wire.args ?? []), recipe.startCmd, recipe.readyCmd];
  return [
    ...registrySecrets(definition),
    ...texts.flatMap((text) => (typeof text === 'string' ? tokensIn(text) : [])),
  ];
}

/** The secrets that the service gets for pulling the base image. */
export function registrySecrets({ recipe }: Definition): string[] {
  const registry = recipe.fromImageRegistry;
  const fields = Object.entries(registry ?? {})
    // A value that is not text is a mistake, which the plan reports.
    .filter(([field, value]) => secretFields.has(field) && typeof value === 'string')
    .map(([, value]) => value);
  // The form of the Authorization header and of Docker's configuration.
  const login = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');
  if (registry?.type === 'registry') return [...fields, login(registry.username, registry.password)];
  if (registry?.type === 'gcp') return [...fields, login('_json_key', registry.serviceAccountJson)];
  return fields;
}
