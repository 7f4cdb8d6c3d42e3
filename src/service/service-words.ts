/** The `message` of an error body on one line, or the body's text where it is something else, such as a page. */
export function serviceWords(body: unknown): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : body;
  const text = typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message);
  const plain = /^\s*</.test(text) ? text.replace(/<[^>]*>/g, ' ') : text;
  const line = plain.replace(/\s+/g, ' ').trim();
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}
