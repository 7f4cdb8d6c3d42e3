import { tokensIn } from '../redact/address-secrets.ts';
import type { Definition } from './definition.ts';

/** Fields of the registry kinds that open something; user names, regions and fingerprints do not. */
const secretFields = new Set([
  'password',
  'awsAccessKeyId',
  'awsSecretAccessKey',
  'serviceAccountJson',
  'privateKey',
  'accessKeyId',
  'secretAccessKey',
]);

/** The secrets in a definition: what opens the registry of its base image, and tokens in addresses of its steps. */
export function definitionSecrets(definition: Definition): string[] {
  const { recipe, steps } = definition;
  const texts = [...steps.flatMap(({ wire }) => wire.args ?? []), recipe.startCmd, recipe.readyCmd];
  return [
    ...registrySecrets(definition),
    ...texts.flatMap((text) => (typeof text === 'string' ? tokensIn(text) : [])),
  ];
}

/** The secrets that the definition hands to the service for pulling its base image. */
export function registrySecrets({ recipe }: Definition): string[] {
  const registry = recipe.fromImageRegistry;
  const fields = Object.entries(registry ?? {})
    // What is no text is a mistake, which the plan tells.
    .filter(([field, value]) => secretFields.has(field) && typeof value === 'string')
    .map(([, value]) => value);
  // In this form it goes to the registry, and stands in Docker's configuration.
  const login = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');
  if (registry?.type === 'registry') return [...fields, login(registry.username, registry.password)];
  if (registry?.type === 'gcp') return [...fields, login('_json_key', registry.serviceAccountJson)];
  return fields;
}
