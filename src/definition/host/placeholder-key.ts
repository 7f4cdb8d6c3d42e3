/** What a definition that asks for the service's key finds instead. No server accepts it. */
export const placeholderKey = 'e2b_0000000000000000000000000000000000000000';

/** The variables that hold it. */
export const placeholderNames: readonly string[] = [
  'NOVITA_API_KEY',
  'E2B_API_KEY',
  'NOVITA_ACCESS_TOKEN',
  'E2B_ACCESS_TOKEN',
];
