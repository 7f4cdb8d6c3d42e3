import { isServiceKey } from '../../environment.ts';
import type { HostRequest } from '../../protocol.ts';
import { chooseTemplate, isTemplate } from '../pick-export.ts';
import { type Choice, type HostSession, type ReadKind, refuseArguments } from '../reader.ts';
import { actAsProgram } from './act-as-program.ts';
import { interceptBuilds } from './build-calls.ts';
import { chooseBuild, undoneNotices } from './choose-build.ts';
import { endedWithoutBuild, watchPrintedErrors } from './ended-early.ts';
import { evaluateModule } from './evaluate.ts';
import { beforeEnd, watchEnd } from './script-end.ts';
import { buildScriptIn } from './script-text.ts';
import { leaveServiceAlone } from './service-calls.ts';

/**
 * Evaluates a TypeScript or JavaScript module, and chooses its template: the one that it builds by `Template.build`,
 * else the one that it exports. A named export wins, with what a build of the same template says. A build script runs
 * to its end, since only there all its builds are known.
 */
export const readModule: ReadKind = async (request, session): Promise<Choice> => {
  const { file, workingDirectory, exportName } = request;
  const script = buildScriptIn(file, isServiceKey);
  const builds = interceptBuilds(session, file, () => {
    end.built();
    service ??= leaveServiceAlone(session, builds);
  });
  const { calls } = builds;
  let service = script && leaveServiceAlone(session, builds);
  const hasBuilt = () => calls.length > 0;
  const end = watchEnd(session, () => script !== undefined || hasBuilt(), hasBuilt);
  const printedError = script ? watchPrintedErrors() : () => undefined;
  if (script) actAsProgram(file, script, request.args);

  const evaluated = await beforeEnd(evaluateModule(request, session, script !== undefined), end);
  if (evaluated.kind === 'thrown' && !hasBuilt()) throw evaluated.thrown;
  // A script may build while nothing waits for it.
  const isKnown = evaluated.kind === 'value' && Object.values(Object(evaluated.value)).some(isTemplate);
  const ending = script || evaluated.kind === 'ended' ? await end.idle(isKnown) : undefined;
  if (script) end.restart();
  const builtAlone = calls.length;
  const chosen =
    evaluated.kind === 'value' && (builtAlone === 0 || exportName)
      ? await beforeEnd(exportedTemplate(evaluated.value, request, session), end)
      : undefined;
  // It may be a script whose text does not show it.
  if (!script && chosen?.kind === 'thrown' && !hasBuilt()) await end.idle(false);

  const thrown = evaluated.kind === 'thrown' ? evaluated.thrown : end.thrown();
  const undone = service?.undone ?? [];
  service?.release();
  const complete = (choice: Choice): Choice => ({
    ...choice,
    notices: [
      ...(choice.notices ?? []),
      ...undoneNotices({ undone, thrown, isCut: end.isCut() }, workingDirectory),
    ],
  });
  if (chosen?.kind === 'value') {
    const ofExport = calls.filter(({ template }) => template === chosen.value.template);
    if (ofExport.length === 0) return complete(chosen.value);
    return complete({ ...chooseBuild(ofExport, request.name, workingDirectory), ...chosen.value });
  }
  // What the named export builds when it is called.
  const meant = exportName && chosen ? calls.slice(builtAlone) : calls;
  if (meant.length > 0) {
    // A list is the program's arguments.
    if (builtAlone > 0 && !(script && Array.isArray(request.args)))
      refuseArguments(request, 'it builds by itself, and nothing calls it');
    return complete(chooseBuild(meant, request.name, workingDirectory));
  }
  if (chosen?.kind === 'thrown' && (!script || exportName)) throw chosen.thrown;
  const exports = evaluated.kind === 'value' ? evaluated.value : undefined;
  throw printedError() ?? endedWithoutBuild(file, { ending, undone, exports });
};

function exportedTemplate(
  exports: unknown,
  { file, exportName, args }: HostRequest,
  { phase }: HostSession,
): Promise<Choice> {
  return chooseTemplate(exports, {
    file,
    ...(exportName && { wanted: exportName }),
    args,
    calling: (name) => phase({ name: 'calling', exportName: name }),
  });
}
