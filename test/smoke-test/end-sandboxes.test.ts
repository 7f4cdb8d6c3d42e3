/** Which sandboxes of a test are ended, and what is known of it then. */
import { expect, test } from 'vitest';
import { endSandboxes, type LeftSandbox, type SandboxEnd } from '../../src/smoke-test/end-sandboxes.ts';

interface Case {
  readonly left: Partial<LeftSandbox>;
  /** What each look finds; the last one counts for all that follow. */
  readonly finds?: readonly (readonly string[] | Error)[];
  /** Cannot be ended. */
  readonly stuck?: string;
  readonly how: SandboxEnd;
  readonly killed: readonly string[];
  readonly looks: number;
}

test.each<[string, Case]>([
  ['one that is known needs no look', { left: { sandboxId: 'a' }, how: 'ended', killed: ['a'], looks: 0 }],
  [
    'beside a known one, another of which no answer came',
    {
      left: { sandboxId: 'a', isUncertain: true },
      finds: [['a', 'b']],
      how: 'ended',
      killed: ['a', 'b'],
      looks: 1,
    },
  ],
  ['one that starts late', { left: {}, finds: [[], ['b']], how: 'ended', killed: ['b'], looks: 2 }],
  ['none', { left: {}, finds: [[]], how: 'none', killed: [], looks: 3 }],
  [
    'one of two that cannot be ended',
    {
      left: { sandboxId: 'a', isUncertain: true },
      finds: [['b']],
      stuck: 'b',
      how: 'unknown',
      killed: ['a', 'b'],
      looks: 1,
    },
  ],
  ['a look that fails', { left: {}, finds: [new Error('no answer')], how: 'unknown', killed: [], looks: 1 }],
])('%s', async (_what, { left, finds = [], stuck, how, killed, looks }) => {
  const asked: string[] = [];
  let looked = 0;
  const client = {
    killSandbox: async (id: string) => {
      asked.push(id);
      if (id === stuck) throw new Error('no answer');
    },
    findSandboxes: async (metadata: Readonly<Record<string, string>>) => {
      expect(metadata).toEqual({ 'template-test': 'mine' });
      const found = finds[Math.min(looked, finds.length - 1)] ?? [];
      looked += 1;
      if (found instanceof Error) throw found;
      return found;
    },
  };
  const { signal } = new AbortController();
  expect(await endSandboxes({ marker: 'mine', ...left }, client, signal, [0, 0, 0])).toBe(how);
  expect([asked, looked]).toEqual([killed, looks]);
});
