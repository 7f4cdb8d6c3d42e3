/**
 * Draws the pictures of README.md into docs/images/: the log of a build that fails and the summary of one that is
 * ready, light and dark. Both are real runs of `dist/` on the embedded service. Needs chromium and pngquant.
 *
 * Usage: node scripts/pictures.ts [folder]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { repositoryRoot } from '../test/support/runner.ts';
import { openExample } from './example.ts';
import { logItems } from './log-view.ts';
import { logPage, summaryPage, type Theme } from './pages.ts';

/** CSS pixels. A phone shows a picture at more than half of this, which can still be read. */
const width = 600;
/** Pixels for each of them. */
const scale = 1.5;
const folder = resolve(process.argv[2] ?? join(repositoryRoot, 'docs', 'images'));
const temporary = mkdtempSync(join(tmpdir(), 'pictures-'));
mkdirSync(folder, { recursive: true });

try {
  await using example = await openExample(1500);
  // The registry stands in for Docker Hub, so its address is left out.
  const plain = (text: string) => text.replaceAll(example.registryPath, '');

  await example.build({});
  example.edit('app/main.py', (text) => `${text}\n# changed\n`);
  const ready = await example.build({});
  example.edit('requirements.txt', (text) => text.replace('uvicorn', 'uvicron'));
  const failed = await example.build({});

  // The chart and the code that come next are long, and GitHub draws the chart.
  const [summary = ''] = plain(ready.summary).split('### Timeline');
  // From the first step to the error. What comes after it says the same once more.
  const log = logItems(plain(failed.log));
  const first = log.findIndex((item) => item.kind === 'group' && item.title.startsWith('FROM'));
  const shown = log.slice(first, log.findIndex(({ kind }) => kind === 'error') + 1);
  for (const theme of ['light', 'dark'] as const) {
    draw('summary', theme, summaryPage(summary, theme));
    draw('log', theme, logPage('Build the template', shown, theme));
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function draw(name: string, theme: Theme, html: string): void {
  const page = join(temporary, `${name}.html`);
  const picture = join(folder, `${name}-${theme}.png`);
  const measure =
    '<script>document.title = document.querySelector("main").getBoundingClientRect().bottom</script>';
  writeFileSync(page, html.replace('</body>', `${measure}</body>`));
  const [, height = '0'] = /<title>([\d.]+)/.exec(chromium(page, 2000, '--dump-dom')) ?? [];
  chromium(
    page,
    Math.ceil(Number(height)),
    `--force-device-scale-factor=${scale}`,
    `--screenshot=${picture}`,
  );
  execFileSync('pngquant', [
    '--force',
    '--nofs',
    '--strip',
    '--speed',
    '1',
    '--output',
    picture,
    '12',
    picture,
  ]);
}

/** One run of the browser; what it prints. Its profile is new each time. */
function chromium(page: string, height: number, ...options: string[]): string {
  const profile = join(temporary, 'profile');
  const always = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${profile}`,
  ];
  return execFileSync(
    'chromium',
    [...always, `--window-size=${width},${height}`, ...options, `file://${page}`],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
}
