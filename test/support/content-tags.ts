import { vi } from 'vitest';

export const dayMs = 24 * 60 * 60_000;

/** The tag of a content, and with a commit's digit that of its origin: `content-aaa…` and `content-aaa….777…`. */
export function contentTag(content: string, commit?: string): string {
  const tag = `content-${content.repeat(64)}`;
  return commit === undefined ? tag : `${tag}.${commit.repeat(40)}`;
}

/** Does something that long ago, as far as `Date.now` tells; the embedded service writes its rows by that. */
export async function daysAgo<T>(days: number, work: () => Promise<T>): Promise<T> {
  const now = Date.now;
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() - days * dayMs);
  try {
    return await work();
  } finally {
    spy.mockRestore();
  }
}
