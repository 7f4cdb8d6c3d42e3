/** Errors of S3-like stores after which a retry, or a new link, may work, for any status. */
const transientCodes = new Set([
  // The bytes arrived too slowly, incomplete or changed.
  'RequestTimeout',
  'IncompleteBody',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  // The link or its signature is too old, or a clock is wrong.
  'ExpiredToken',
  'RequestExpired',
  'RequestTimeTooSkewed',
  // Too many requests.
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequests',
  'OperationAborted',
  'ConditionalRequestConflict',
  // The store had an internal error.
  'InternalError',
  'ServiceUnavailable',
  'ServerBusy',
  'OperationTimedOut',
  'ConnectionTimeout',
]);

/** Whether an upload may work when it is sent again after this response. */
export function isTransientAtStore(text: string): boolean {
  const code = /<Code>\s*(\w+)\s*<\/Code>/.exec(text)?.[1];
  return code === undefined ? isPage(text) : transientCodes.has(code);
}

/** Whether a response is a page of HTML. A store sends none; it comes from something in between, such as a proxy. */
export function isPage(text: string): boolean {
  return /^\s*<(!doctype html|html)\b/i.test(text);
}
