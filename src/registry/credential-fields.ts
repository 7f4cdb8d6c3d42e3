import type { ImageRegistry } from '../api/types.ts';

/** The fields of each kind of credentials. */
const fieldsByType: Readonly<Record<string, readonly string[]>> = {
  registry: ['username', 'password'],
  aws: ['awsAccessKeyId', 'awsSecretAccessKey', 'awsRegion'],
  gcp: ['serviceAccountJson'],
  oci: ['tenancyOcid', 'userOcid', 'fingerprint', 'privateKey', 'region'],
  huawei: ['accessKeyId', 'secretAccessKey', 'region'],
};

/** The fields of credentials that are missing, blank or not a text. */
export function missingCredentials(registry: ImageRegistry): string[] {
  const given = registry as Readonly<Record<string, unknown>>;
  return (fieldsByType[registry.type] ?? []).filter((field) => {
    const value = given[field];
    return typeof value !== 'string' || value.trim() === '';
  });
}
