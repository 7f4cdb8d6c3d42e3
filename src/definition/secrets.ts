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

/** The secrets that the definition hands to the service for pulling its base image. */
export function registrySecrets({ recipe }: Definition): string[] {
  const registry = recipe.fromImageRegistry;
  const fields = Object.entries(registry ?? {})
    // What is no text is a mistake, which the plan tells.
    .filter(([field, value]) => secretFields.has(field) && typeof value === 'string')
    .flatMap(([field, value]) => (field === 'serviceAccountJson' ? [value, ...textsIn(value)] : [value]));
  if (registry?.type !== 'registry') return fields;
  // In this form it goes to the registry, and stands in Docker's configuration.
  return [...fields, Buffer.from(`${registry.username}:${registry.password}`).toString('base64')];
}

/** The private key within a service account, which may show up without its JSON around it. */
function textsIn(json: string): string[] {
  try {
    const account: unknown = JSON.parse(json);
    const key =
      typeof account === 'object' && account !== null && 'private_key' in account && account.private_key;
    return typeof key === 'string' ? [key] : [];
  } catch {
    return [];
  }
}
