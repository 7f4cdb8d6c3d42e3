/** Who asks the service. */
export interface Credentials {
  readonly apiKey: string;
  /** Sent as a bearer token when there is one. */
  readonly accessToken?: string;
  /** `novita-template-action/1.2.3`, so that the service can tell its clients apart. */
  readonly userAgent: string;
}

/** The headers of every request to the service. */
export function serviceHeaders({ apiKey, accessToken, userAgent }: Credentials): Record<string, string> {
  return {
    'User-Agent': userAgent,
    'X-API-KEY': apiKey,
    ...(accessToken && { Authorization: `Bearer ${accessToken}` }),
  };
}
