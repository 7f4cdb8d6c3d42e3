import { resolve } from 'node:path';
import type { PlanHeader, PlanStep } from '../../plan/plan.ts';
import { problem, quote, type SourceLocation } from '../../problem.ts';
import type { ResultDocument } from './result.ts';

/** What a result file says about the plan of its build. */
export type PlanOfResult = Omit<PlanHeader, 'name' | 'tags'>;

/**
 * Reads from a build's result file what its log does not say: the lines of the definition and the titles of all
 * steps. Rejects with a `ProblemsError` when it is no such file, or that of another build.
 *
 * @param workspace - what the paths in the file are relative to
 */
export function planOfResult(text: string, buildId: string, workspace: string): PlanOfResult {
  const document = parse(text);
  if (document.buildId !== buildId) {
    const found = document.buildId === undefined ? 'none' : `build ${quote(String(document.buildId))}`;
    throw problem('Input result', `the file tells about ${found}, expected build ${buildId}.`);
  }
  const { base, definition } = document;
  const place = (source: unknown) => placeOf(source, workspace);
  const sources = definition?.sources ?? {};
  const ofBase = place(sources.base);
  return {
    ...(base !== undefined && { base: { title: String(base), ...(ofBase && { source: ofBase }) } }),
    steps: stepsOf(document, place),
    ...(definition && {
      definition: {
        file: resolve(workspace, String(definition.file)),
        exportName: String(definition.export),
        sdk: definition.sdk,
        sources: Object.fromEntries(
          Object.entries(sources).flatMap(([part, source]) => {
            const at = place(source);
            return at ? [[part, at]] : [];
          }),
        ),
        warnings: [],
      },
    }),
  };
}

/** The file may come from anyone; what does not fit is left out. */
function parse(text: string): Partial<ResultDocument> {
  try {
    const document = JSON.parse(text);
    if (typeof document === 'object' && document !== null && document.schemaVersion === 1) return document;
  } catch {
    // Reported below.
  }
  throw problem('Input result', 'the file is not one that the build action wrote (output result).');
}

function stepsOf(
  { steps }: Partial<ResultDocument>,
  place: (source: unknown) => SourceLocation | undefined,
): PlanStep[] {
  const numbered = (Array.isArray(steps) ? steps : []).filter(({ number }) => Number.isInteger(number));
  return numbered.map(({ title, hidden, source }, index) => {
    const at = place(source);
    return {
      number: index + 1,
      title: String(title),
      ...((hidden === 'environment' || hidden === 'workdir') && { hidden }),
      ...(at && { source: at }),
    };
  });
}

/** `template.ts:6` */
function placeOf(source: unknown, workspace: string): SourceLocation | undefined {
  const [, path, line] = /^(.+):(\d{1,7})$/.exec(String(source ?? '')) ?? [];
  return path === undefined ? undefined : { file: resolve(workspace, path), line: Number(line) };
}
