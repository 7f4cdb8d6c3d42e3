import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';

/** Files that a user wants besides what the system shows and hands on. Paths are absolute. */
export interface WantedFiles {
  /** Outputs: as a JSON object where it ends in `.json`, else as a dotenv file. */
  readonly outputs?: string;
  /** Summaries: as a page where it ends in `.html`, else as Markdown. */
  readonly summaries?: readonly string[];
  /** The result file, instead of one in the folder for temporary files. */
  readonly result?: string;
}

/** How files end that stand beside the result file. */
const besideEndings = ['.predicate.json', '.checksums.txt'] as const;

export type BesideEnding = (typeof besideEndings)[number];

/** The path of a file beside the result file: `out/result.predicate.json` of `out/result.json`. */
export function besideResult(result: string, ending: BesideEnding): string {
  return `${result.replace(/\.json$/, '')}${ending}`;
}

/** Writes files of a run. Each function rejects or throws when its file cannot be written. */
export interface RunnerFiles {
  setOutput(name: string, value: string): void;
  addSummary(markdown: string): Promise<void>;
}

/**
 * Opens the files of a run. Those of an earlier run are removed, so that nothing of it is taken for this one, and no
 * COPY sends it.
 */
export function openRunnerFiles({ outputs, summaries = [], result }: WantedFiles): RunnerFiles {
  const beside = result === undefined ? [] : besideEndings.map((ending) => besideResult(result, ending));
  for (const file of [outputs, result, ...beside, ...summaries]) {
    try {
      if (file !== undefined) rmSync(file, { force: true });
    } catch {
      // Writing it says why.
    }
  }
  const values = new Map<string, string>();
  let markdown = '';
  return {
    setOutput(name, value) {
      if (outputs === undefined) return;
      if (isJson(outputs)) values.set(name, value);
      else values.set(variableName(name), oneLine(name, value));
      mkdirSync(dirname(outputs), { recursive: true });
      writeFileSync(outputs, isJson(outputs) ? jsonText(values) : dotenvText(values));
    },
    async addSummary(piece) {
      markdown += piece;
      for (const file of summaries) {
        await mkdir(dirname(file), { recursive: true });
        const isPage = extname(file) === '.html';
        await writeFile(file, isPage ? await page(markdown) : markdown);
      }
    },
  };
}

function isJson(file: string): boolean {
  return extname(file) === '.json';
}

function jsonText(values: ReadonlyMap<string, string>): string {
  return `${JSON.stringify(Object.fromEntries(values), undefined, 2)}\n`;
}

/** Plain `NAME=value` lines: GitLab takes quotes for a part of the value, and refuses blank lines and comments. */
function dotenvText(values: ReadonlyMap<string, string>): string {
  return [...values].map(([name, value]) => `${name}=${value}\n`).join('');
}

function oneLine(name: string, value: string): string {
  if (!/[\r\n]/.test(value)) return value;
  throw new Error(`the output ${name} has several lines, which a dotenv file cannot hold; name a .json file`);
}

/** The variable of an output: `NOVITA_TEMPLATE_ID` of `templateId`. */
export function variableName(output: string): string {
  const words = output.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_');
  return `NOVITA_${words.toUpperCase()}`;
}

async function page(markdown: string): Promise<string> {
  const { renderPage } = await import('../report/markdown/page.ts');
  return renderPage(markdown);
}
