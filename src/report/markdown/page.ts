import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/** The page shows text alone: nothing in it is run or loaded, whatever it holds. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #8885; padding: 0.3rem 0.7rem; text-align: left; }
pre, code { font: 13px/1.45 ui-monospace, monospace; background: #8882; border-radius: 4px; }
pre { padding: 0.7rem; overflow-x: auto; }
pre code { background: none; }
code { padding: 0.1em 0.3em; }
:root { color-scheme: light dark; }
`;

/** A page without scripts cannot draw charts. */
const charts = /^### Timeline\n\n```mermaid\n[\s\S]*?\n```\n/gm;

/** Markdown as GitHub reads it. HTML in it stays, so texts from outside must be escaped before. */
export function markdownToHtml(markdown: string): string {
  return micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
}

/**
 * A summary as a page of its own. The Markdown is ours, with HTML such as `<details>` in it; texts from outside are
 * escaped in it.
 */
export function renderPage(markdown: string): string {
  const body = markdownToHtml(markdown.replace(charts, ''));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Novita template</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
