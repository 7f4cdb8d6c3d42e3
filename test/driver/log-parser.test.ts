import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../src/driver/log-parser.ts';

const hash = '5f'.repeat(32);

describe('messages of the build log', () => {
  test.each([
    [
      `[builder 3/7] RUN pip install x [${hash}]`,
      { kind: 'header', stepId: '3', number: 3, total: 7, text: 'RUN pip install x', cached: false },
    ],
    [
      `CACHED [builder 3/7] RUN pip install x [${hash}]`,
      { kind: 'header', stepId: '3', number: 3, total: 7, text: 'RUN pip install x', cached: true },
    ],
    [
      `[base] FROM python:3.12 [${hash}]`,
      { kind: 'header', stepId: 'base', text: 'FROM python:3.12', cached: false },
    ],
    [
      `[builder 1/1] RUN first\nsecond [x] [${hash}]`,
      { kind: 'header', stepId: '1', number: 1, total: 1, text: 'RUN first\nsecond [x]', cached: false },
    ],
    [
      '[builder 2/5] [stdout]: Collecting x',
      { kind: 'output', source: 'builder 2/5', stream: 'stdout', text: 'Collecting x' },
    ],
    ['[start] [stderr]: boom', { kind: 'output', source: 'start', stream: 'stderr', text: 'boom' }],
    ['Building template a/b', { kind: 'plain', text: 'Building template a/b' }],
    ['[builder 3/7] RUN without a hash', { kind: 'plain', text: '[builder 3/7] RUN without a hash' }],
    ['', { kind: 'plain', text: '' }],
  ])('%j', (message, expected) => {
    expect(parseMessage(message)).toEqual(expected);
  });

  test('output that imitates a header stays output', () => {
    expect(parseMessage(`[builder 1/2] [stdout]: [builder 2/2] RUN evil [${hash}]`)).toEqual({
      kind: 'output',
      source: 'builder 1/2',
      stream: 'stdout',
      text: `[builder 2/2] RUN evil [${hash}]`,
    });
  });
});
