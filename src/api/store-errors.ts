/**
 * Errors by which a store that speaks the language of S3 says that the same upload may work a little later, perhaps with
 * a fresh link, although their status says otherwise.
 */
const passingCodes = new Set([
  // The bytes came too slowly, not all of them, or not as they were sent.
  'RequestTimeout',
  'IncompleteBody',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  // The link, or what signed it, has grown old; a clock was wrong.
  'ExpiredToken',
  'RequestExpired',
  'RequestTimeTooSkewed',
  // Too much at a time.
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequests',
  'OperationAborted',
  'ConditionalRequestConflict',
  // The store itself.
  'InternalError',
  'ServiceUnavailable',
  'ServerBusy',
  'OperationTimedOut',
  'ConnectionTimeout',
]);

/** Whether an upload that was refused with this text may work when it is sent again. */
export function isTransientAtStore(text: string): boolean {
  const code = /<Code>\s*(\w+)\s*<\/Code>/.exec(text)?.[1];
  return code === undefined ? isPage(text) : passingCodes.has(code);
}

/** A store has nothing to show; a page comes from something that stands in between. */
export function isPage(text: string): boolean {
  return /^\s*<(!doctype html|html)\b/i.test(text);
}
