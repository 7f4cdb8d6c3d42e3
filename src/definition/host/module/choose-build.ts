import { relative } from 'node:path';
import { type ProblemsError, problem, shorten, throwIfAny } from '../../../problem.ts';
import type { DefinitionWarning } from '../../definition.ts';
import { isTemplate } from '../pick-export.ts';
import type { Choice } from '../reader.ts';
import type { BuildCall } from './build-calls.ts';
import type { LeftUndone } from './service-calls.ts';

/**
 * Chooses among the builds of a script: the only one, else the one that the input `name` names.
 *
 * @param workingDirectory what the message shows places relative to
 * @throws ProblemsError when its arguments are wrong, or when it is not clear which build is meant
 */
export function chooseBuild(
  calls: readonly BuildCall[],
  wanted: string | undefined,
  workingDirectory: string,
): Choice {
  const distinct = withoutRepeats(calls);
  const named = distinct.filter(({ settings }) => settings.name?.value === wanted?.replace(/:.*$/s, ''));
  const [only, ...others] = distinct.length === 1 ? distinct : named;
  if (!only || others.length > 0) throw severalBuilds(distinct, workingDirectory);
  throwIfAny(only.problems);
  if (!isTemplate(only.template)) throw new Error('A build without a template has a problem.');
  return { template: only.template, settings: only.settings, notices: only.notices };
}

/** A script may try a build again. */
function withoutRepeats(calls: readonly BuildCall[]): BuildCall[] {
  const key = ({ settings }: BuildCall) => JSON.stringify([settings.name?.value, settings.tags?.value]);
  return calls.filter(
    (call, index) =>
      calls.findIndex((other) => other.template === call.template && key(other) === key(call)) === index,
  );
}

function severalBuilds(calls: readonly BuildCall[], workingDirectory: string): ProblemsError {
  const list = calls.map(({ settings, at }) => {
    const tags = settings.tags?.value.join(', ');
    const name = `${settings.name?.value ?? '(without a name)'}${tags ? ` with the tags ${tags}` : ''}`;
    return `${name} (${relative(workingDirectory, at.file)}:${at.line})`;
  });
  const names = new Set(calls.map(({ settings }) => settings.name?.value));
  const advice =
    names.size === calls.length
      ? 'Name one with the input name:, and build each in a job of its own.'
      : 'Let the script make one build of each name: the action itself sets the tags, and its inputs the size.';
  return problem(
    'Several builds in one script',
    `The script builds ${calls.length} times: ${list.join('; ')}. One run of the action makes one build. ${advice}`,
    calls[0]?.at,
  );
}

interface AfterBuild {
  readonly undone: readonly LeftUndone[];
  /** What was thrown after the build. */
  readonly thrown: unknown;
  /** Whether the script was still busy when its time was over. */
  readonly isCut: boolean;
}

/** What a script does besides its build, and the action does not. */
export function undoneNotices(
  { undone, thrown: failure, isCut }: AfterBuild,
  workingDirectory: string,
): DefinitionWarning[] {
  const [first] = undone;
  const calls = new Map(
    undone.map(({ call, at }) => [
      call,
      at ? `${call} (${relative(workingDirectory, at.file)}:${at.line})` : call,
    ]),
  );
  const notices: DefinitionWarning[] = [];
  if (first) {
    const tags = calls.has('Template.assignTags()') ? ' Tags belong into the input tags.' : '';
    notices.push({
      title: 'Left undone',
      message: `The script does more than build, and the action leaves that undone: ${[...calls.values()].join(', ')}, and what waits for it.${tags} Do it in a step after this one, with the output reference.`,
      ...(first.at && { at: first.at }),
    });
  }
  if (isCut) {
    notices.push({
      title: 'The script goes on after its build',
      message:
        'It was still busy ten seconds after its template was known, and was not waited for. A build that it would start later is not seen.',
    });
  }
  if (failure !== undefined) {
    notices.push({
      title: 'The script fails after its build',
      message: `${failure instanceof Error ? shorten(failure.message, 500) : shorten(String(failure), 500)}. The build is made nevertheless.`,
    });
  }
  return notices;
}
