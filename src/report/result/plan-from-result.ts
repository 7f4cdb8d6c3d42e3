import { resolve } from 'node:path';
import * as v from 'valibot';
import { kindNames } from '../../definition/kinds.ts';
import type { PlanHeader, PlanStep } from '../../plan/plan.ts';
import { problem, quote, type SourceLocation } from '../../problem.ts';

/** What a result file says about the plan of its build. */
export type PlanOfResult = Omit<PlanHeader, 'name' | 'tags'>;

// The file may come from anyone, so a wrong value is left out.
const text = v.fallback(v.optional(v.string()), undefined);
const resultFile = v.object({
  schemaVersion: v.literal(1),
  buildId: text,
  base: text,
  definition: v.fallback(
    v.optional(
      v.object({
        file: v.string(),
        kind: v.fallback(v.optional(v.picklist(kindNames)), undefined),
        export: v.exactOptional(v.string()),
        sdk: v.object({ from: v.picklist(['repository', 'action']), version: v.string() }),
        sources: v.fallback(v.record(v.picklist(['base', 'start', 'ready']), text), {}),
      }),
    ),
    undefined,
  ),
  steps: v.fallback(
    v.array(
      v.object({
        number: v.optional(v.number()),
        title: v.string(),
        hidden: v.fallback(v.optional(v.picklist(['environment', 'workdir'])), undefined),
        source: text,
      }),
    ),
    [],
  ),
});

/**
 * Reads from a build's result file what its log does not have: the lines of the definition and the titles of all steps.
 * Rejects with a `ProblemsError` when the file is no result, or that of another build.
 *
 * @param workspace - what the paths in the file are relative to
 */
export function planOfResult(json: string, buildId: string, workspace: string): PlanOfResult {
  const { base, definition, steps, ...result } = parse(json);
  if (result.buildId !== buildId) {
    const found = result.buildId === undefined ? 'none' : `build ${quote(result.buildId)}`;
    throw problem('Input result', `the file is about ${found}, expected build ${buildId}.`);
  }
  const place = (source: string | undefined) => placeOf(source, workspace);
  const sources = Object.fromEntries(
    Object.entries(definition?.sources ?? {}).flatMap(([part, source]) => {
      const at = place(source);
      return at ? [[part, at]] : [];
    }),
  );
  const numbered = steps.filter((step) => step.number !== undefined);
  return {
    ...(base !== undefined && { base: { title: base, ...(sources['base'] && { source: sources['base'] }) } }),
    steps: numbered.map(({ title, hidden, source }, index): PlanStep => {
      const at = place(source);
      return { number: index + 1, title, ...(hidden && { addedBySdk: hidden }), ...(at && { source: at }) };
    }),
    ...(definition && {
      definition: {
        file: resolve(workspace, definition.file),
        ...(definition.kind !== undefined && { kind: definition.kind }),
        ...(definition.export !== undefined && { exportName: definition.export }),
        sdk: definition.sdk,
        sources,
        warnings: [],
      },
    }),
  };
}

function parse(json: string): v.InferOutput<typeof resultFile> {
  try {
    return v.parse(resultFile, JSON.parse(json));
  } catch {
    throw problem('Input result', 'the file is not one that the build action wrote (output result).');
  }
}

/** `template.ts:6` */
function placeOf(source: string | undefined, workspace: string): SourceLocation | undefined {
  const [, path, line] = /^(.+):(\d{1,7})$/.exec(source ?? '') ?? [];
  return path === undefined ? undefined : { file: resolve(workspace, path), line: Number(line) };
}
