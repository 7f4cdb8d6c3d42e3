import { printableLines, singleLine } from '../text/sanitize.ts';

/** Characters with a meaning in Markdown, HTML, a table or a mention, at any place. */
const active = /[\\`*_{}[\]<>()#+!|~&@$:"'=-]/g;

/**
 * Untrusted text as code within a line, also within a table's cell. A text with a `|`, which ends a cell even
 * within backticks, is written as an HTML element instead.
 */
export function inlineCode(text: string, max = 200): string {
  const line = breakRuns(breakComments(singleLine(text, max)));
  if (line === '') return '';
  // Text between HTML tags is Markdown too, links included.
  if (line.includes('|')) return `<code>${breakLinks(line).replace(active, entity)}</code>`;
  const ticks = '`'.repeat(longestRun(line) + 1);
  const space = /^`|`$/.test(line) ? ' ' : '';
  return ticks + space + line + space + ticks;
}

/** Untrusted text as prose on one line: no formatting, no HTML, no mention, no link, no new cell of a table. */
export function escapeMarkdown(text: string, max = 4000): string {
  return breakLinks(singleLine(text, max))
    .replace(/[\\`*_[\]~#!$]/g, '\\$&')
    .replace(/[<>&|]/g, entity)
    .replace(/^(\d+)([.)])/, '$1\\$2')
    .replace(/^[-+=]/, '\\$&');
}

/**
 * Breaks everything that GitHub would turn into a link: addresses, mentions, and numbers of issues (`#1`, `GH-2`,
 * `owner/repo#3`). GitHub searches the rendered text, so an escape or an entity does not help.
 */
function breakLinks(text: string): string {
  return text
    .replace(/@/g, '@\u200b')
    .replace(/:(?=\/)/g, ':\u200b')
    .replace(/(?<=www)(?=\.)/gi, '\u200b')
    .replace(/#(?=\d)/g, '#\u200b')
    .replace(/(?<=GH-)(?=\d)/gi, '\u200b');
}

/**
 * Untrusted text as a fenced block whose fence is longer than any run of backticks in it. `language` names its
 * coloring, as in `fence('npm ci', 'shell')`.
 */
export function fence(text: string, language = ''): string {
  const body = breakRuns(breakComments(printableLines(text).join('\n')));
  const ticks = '`'.repeat(Math.max(3, longestRun(body) + 1));
  return `${ticks}${language.replace(/[^a-z0-9-]/gi, '')}\n${body}\n${ticks}`;
}

/** Safe Markdown as a table's cell: one line, and no bare `|`. */
function tableCell(markdown: string): string {
  const line = markdown.replace(/\s*[\r\n]+\s*/g, ' ').trim();
  return line.replaceAll('|', '&#124;') || ' ';
}

/** A Markdown table; every row has as many cells as the head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const render = (cells: readonly string[]) =>
    `| ${head.map((_, index) => tableCell(cells[index] ?? '')).join(' | ')} |`;
  return [render(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(render)].join('\n');
}

/** Tools search the raw text for their markers, which are HTML comments, and would find them in code too. */
function breakComments(text: string): string {
  return text.replaceAll('<!--', '<! --');
}

/** A long run of backticks needs a fence, or a pair of marks, that is even longer. */
function breakRuns(text: string): string {
  return text.replace(/`{16}(?=`)/g, '$&\u200b');
}

function entity(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** Code that starts a sandbox from `name:tag` or `name:buildId`, in TypeScript and in Python, as fenced blocks. */
export function snippets(untrustedReference: string): string {
  const reference = singleLine(untrustedReference, 400);
  const quoted = JSON.stringify(reference);
  const single = /^[\w.:/-]+$/.test(reference) ? `'${reference}'` : quoted;
  const typescript = `import { Sandbox } from 'novita-sandbox'\n\nconst sandbox = await Sandbox.create(${single})`;
  const python = `from novita_sandbox.core import Sandbox\n\nsandbox = Sandbox.create(${quoted})`;
  return `${fence(typescript, 'typescript')}\n\n${fence(python, 'python')}`;
}

/** `template.ts:12` as Markdown, with its link where there is one. */
export function placeMarkdown(place: string, url: string | undefined): string {
  const code = inlineCode(place, 400);
  return url !== undefined && /^https?:\/\/[^\s<>()[\]\\"'|`]+$/.test(url) ? `[${code}](${url})` : code;
}
