/** Enough of Markdown's rules to see whether a text keeps the shape that was meant. */

export interface MarkdownBlocks {
  /** Lines outside of fences. */
  readonly prose: readonly string[];
  readonly fences: readonly { readonly language: string; readonly body: string }[];
}

/** Splits a text into prose and fenced blocks; throws when a fence is left open. */
export function markdownBlocks(text: string): MarkdownBlocks {
  const prose: string[] = [];
  const fences: { language: string; body: string }[] = [];
  let open: { ticks: number; language: string; body: string[] } | undefined;
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,})([^`]*)$/.exec(line);
    if (open) {
      if (mark && (mark[1] ?? '').length >= open.ticks && (mark[2] ?? '').trim() === '') {
        fences.push({ language: open.language, body: open.body.join('\n') });
        open = undefined;
      } else open.body.push(line);
    } else if (mark) open = { ticks: (mark[1] ?? '').length, language: mark[2] ?? '', body: [] };
    else prose.push(line);
  }
  if (open) throw new Error(`a fence is left open: ${open.language}`);
  return { prose, fences };
}

/** Number of cells in each row of the tables of a text; a `|` splits cells unless a backslash precedes it. */
export function tableWidths(prose: readonly string[]): number[] {
  return prose
    .filter((line) => line.startsWith('|'))
    .map(
      (line) =>
        line
          .replace(/\\[^\n]/g, '')
          .replace(/^\||\|\s*$/g, '')
          .split('|').length,
    );
}

/** What is left of prose once code within lines is taken out: what Markdown and HTML would interpret. */
export function outsideCode(line: string): string {
  const withoutElements = line.replace(/<code>[^<]*<\/code>/g, '');
  return withoutElements.replace(/(?<!\\|`)(`+)(?!`)([\s\S]*?)(?<!`)\1(?!`)/g, '');
}

const clock = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`;
const bar = new RegExp(String.raw`^ {4}([^:;#%\n]+) :(?:(done|crit), )?(${clock}), (\d+)ms$`, 'u');

/** The bars of a gantt chart in the part of Mermaid's language that we write; throws on anything else. */
export function ganttBars(chart: string): { name: string; kind: string; start: string; length: number }[] {
  const [head, ...lines] = chart.split('\n');
  if (head !== 'gantt') throw new Error(`not a gantt chart: ${head}`);
  return lines.flatMap((line) => {
    if (
      /^ {4}(title Where the time went|dateFormat YYYY-MM-DD HH:mm:ss\.SSS|axisFormat (?:%[MH]:%[SM]|%-S(?:\.%L)? s)|tickInterval \d+(?:millisecond|second|minute|hour)|todayMarker off)$/.test(
        line,
      )
    ) {
      return [];
    }
    const [, name, kind = '', start = '', length] = bar.exec(line) ?? [];
    if (name === undefined) throw new Error(`not a bar: ${line}`);
    const word =
      /^(section|title|gantt|dateFormat|axisFormat|click|call|href|includes|excludes|todayMarker|tickInterval|weekday|weekend|topAxis|inclusiveEndDates|accTitle|accDescr|end|\d{4}-\d\d-\d\d)/i;
    if (word.test(name)) throw new Error(`a bar starts with a word of Mermaid's own: ${line}`);
    return [{ name, kind, start, length: Number(length) }];
  });
}
