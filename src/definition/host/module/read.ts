import { isServiceKey } from '../../environment.ts';
import { chooseTemplate } from '../pick-export.ts';
import { type Choice, type ReadKind, refuseArguments } from '../reader.ts';
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
  const end = watchEnd(
    session,
    () => script !== undefined || calls.length > 0,
    () => calls.length > 0,
  );
  const printedError = script ? watchPrintedErrors() : () => undefined;
  if (script) actAsProgram(file, script);

  const evaluated = await beforeEnd(evaluateModule(request, session, script !== undefined), end);
  if (evaluated && 'thrown' in evaluated && calls.length === 0) throw evaluated.thrown;
  // A script may build while nothing waits for it.
  const ending = script || !evaluated ? await end.idle() : undefined;
  if (script) end.restart();

  let called = false;
  const chosen =
    evaluated && 'value' in evaluated && (calls.length === 0 || exportName)
      ? await beforeEnd(
          chooseTemplate(evaluated.value, {
            file,
            ...(exportName && { wanted: exportName }),
            args: request.args,
            calling: (name) => {
              called = true;
              session.phase({ name: 'calling', exportName: name });
            },
          }),
          end,
        )
      : undefined;
  if (chosen && 'thrown' in chosen && exportName) throw chosen.thrown;
  const exported = chosen && 'value' in chosen ? chosen.value : undefined;
  // It may be a script whose text does not show it.
  if (!script && chosen && 'thrown' in chosen && calls.length === 0) await end.idle();

  const notices = undoneNotices(
    service?.undone ?? [],
    evaluated && 'thrown' in evaluated ? evaluated.thrown : end.thrown(),
    workingDirectory,
  );
  service?.release();
  const ofExport = exported ? calls.filter(({ template }) => template === exported.template) : calls;
  if (calls.length > 0 && !called) refuseArguments(request, 'it builds by itself, and nothing calls it');
  if (ofExport.length > 0)
    return { ...chooseBuild(ofExport, request.name, workingDirectory), ...exported, notices };
  if (exported) return { ...exported, notices };
  if (!script && chosen && 'thrown' in chosen) throw chosen.thrown;
  throw printedError() ?? endedWithoutBuild(file, ending, service?.undone ?? []);
};
