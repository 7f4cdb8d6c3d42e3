import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The command runs on Node 20, and starts the other two processes. */
test.each(['cli.ts', 'definition/host/main.ts', 'local/main.ts'])(
  '%s begins with what Node 20 lacks',
  (entry) => {
    const text = readFileSync(join(import.meta.dirname, '..', 'src', entry), 'utf8');
    const [first] = text.match(/^import .*$/m) ?? [];
    expect(first).toMatch(/^import '[./]+\/older-node\.ts';$/);
  },
);
