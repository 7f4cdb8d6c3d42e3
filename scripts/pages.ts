/** HTML pages of a job summary and of a log, in the looks that GitHub gives them. */
import { markdownToHtml } from '../src/report/markdown/page.ts';
import type { LogItem } from './log-view.ts';

/** `auto` follows the browser. */
export type Theme = 'light' | 'dark' | 'auto';

/** A job summary, rendered as GitHub renders it; of Mermaid charts it shows the source. */
export function summaryPage(markdown: string, theme: Theme): string {
  const html = markdownToHtml(markdown);
  return page('Job summary', `<main class="summary">${html}</main>`, theme);
}

/**
 * A log with its groups closed.
 *
 * @param step - name of the step, which stands above the log
 */
export function logPage(step: string, items: readonly LogItem[], theme: Theme): string {
  const rows = items.map((item) => {
    if (item.kind === 'line') return `<p>${escapeHtml(item.text) || '&nbsp;'}</p>`;
    if (item.kind === 'group') return `<p class="group">${escapeHtml(item.title)}</p>`;
    const label = `${item.kind[0]?.toUpperCase()}${item.kind.slice(1)}`;
    return `<p class="${item.kind}"><b>${label}:</b> ${escapeHtml(item.text)}</p>`;
  });
  const failed = items.some(({ kind }) => kind === 'error');
  const heading = `<h1 class="${failed ? 'failed' : 'done'}">${escapeHtml(step)}</h1>`;
  return page('Log', `<main class="log">${heading}${rows.join('\n')}</main>`, theme);
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function page(title: string, body: string, theme: Theme): string {
  return `<!doctype html>
<html lang="en" data-theme="${theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

const dark = `--text: #f0f6fc; --muted: #9198a1; --page: #0d1117; --soft: #151b23; --line: #3d444d;
  --link: #4493f8; --red: #ff7b72; --green: #3fb950; --yellow: #d29922;`;

const style = `
:root { --text: #1f2328; --muted: #59636e; --page: #ffffff; --soft: #f6f8fa; --line: #d1d9e0;
  --link: #0969da; --red: #cf222e; --green: #1a7f37; --yellow: #9a6700; }
:root[data-theme='dark'] { ${dark} }
@media (prefers-color-scheme: dark) { :root[data-theme='auto'] { ${dark} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.5 'Liberation Sans', Arial, sans-serif; }
main { max-width: 860px; padding: 16px; overflow-wrap: anywhere; }
code, pre, .log p { font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace; }
.log { border: 1px solid var(--line); border-radius: 6px; padding: 0 0 8px; }
.log h1 { margin: 0 0 8px; padding: 10px 14px; border-bottom: 1px solid var(--line); font-size: 14px; }
.log h1.failed::before { content: '✗ '; color: var(--red); }
.log h1.done::before { content: '✓ '; color: var(--green); }
.log p { margin: 0; padding: 1px 14px 1px 30px; font-size: 12.5px; white-space: pre-wrap; }
.log .group { padding-left: 14px; font-weight: bold; }
.log .group::before { content: '▸ '; color: var(--muted); }
.log .error, .log .error b { color: var(--red); }
.log .warning b { color: var(--yellow); }
.summary h2 { margin: 0 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--line); font-size: 20px; }
.summary h3 { margin: 18px 0 10px; font-size: 16px; }
.summary a { color: var(--link); text-decoration: none; }
.summary code { padding: 2px 5px; border-radius: 6px; background: var(--soft); font-size: 12px; }
.summary pre { padding: 12px; border-radius: 6px; background: var(--soft); overflow: auto; line-height: 1.4; }
.summary pre code { padding: 0; }
.summary .language-mermaid::before { content: 'GitHub draws this chart:\\A'; color: var(--muted); }
.summary table { border-collapse: collapse; }
.summary th, .summary td { padding: 3px 12px; border: 1px solid var(--line); text-align: left; }
.summary td:not(:last-child), .summary th { white-space: nowrap; }
`;
