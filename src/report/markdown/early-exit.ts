import type { Problem } from '../../problem.ts';
import { displayPath, formatCount } from '../text/format.ts';
import { printableLines } from '../text/sanitize.ts';
import { escapeMarkdown, inlineCode } from './markdown.ts';

export interface EarlyExitInput {
  /** Name of the template as written; may be empty. */
  readonly name: string;
  /** What did not happen: `Nothing was built`. */
  readonly undone: string;
  /** Why, in one or more lines. */
  readonly why: string;
  readonly problems: readonly Problem[];
  /** What file names are shown relative to. */
  readonly workspace?: string;
}

/** More mistakes are not read. */
const problemLimit = 50;
const lineLimit = 20;

/** The summary of a step that ended before there was a build, as Markdown: what did not happen, and why. */
export function renderEarlyExit({ name, undone, why, problems, workspace }: EarlyExitInput): string {
  const shownName = inlineCode(name);
  const heading =
    shownName === '' ? undone : `Template ${shownName}: ${undone.charAt(0).toLowerCase()}${undone.slice(1)}`;
  const more = problems.length - problemLimit;
  const blocks = [
    `## ${heading}`,
    paragraphs(why),
    ...problems.slice(0, problemLimit).map((problem) => problemBlock(problem, workspace)),
    more > 0 && `${formatCount(more, 'more mistake')} in the log.`,
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

function problemBlock({ title, message, at }: Problem, workspace: string | undefined): string {
  const place = at && ` at ${inlineCode(`${displayPath(at.file, workspace)}:${at.line}`)}`;
  return `### ${escapeMarkdown(title, 200)}${place ?? ''}\n\n${paragraphs(message)}`;
}

function paragraphs(text: string): string {
  return printableLines(text)
    .slice(0, lineLimit)
    .map((line) => escapeMarkdown(line))
    .filter(Boolean)
    .join('\n\n');
}
