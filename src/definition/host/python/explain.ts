import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { nearest } from '../../../nearest.ts';
import { type Problem, type SourceLocation, shorten } from '../../../problem.ts';
import { isWithheld } from '../../environment.ts';
import { withheldHint } from '../withheld-keys.ts';
import type { Silence } from './drive.ts';
import type { Failure, Found } from './messages.ts';

interface Place {
  readonly file: string;
  readonly workingDirectory: string;
  /** `novita-sandbox 2.1.1 for Python` */
  readonly sdkName: string;
}

/** Explains what a recipe in Python raised: its line, what was found, and how to fix it. */
export function explainFailure(failure: Failure, place: Place): Problem {
  const at: SourceLocation = failure.at ?? { file: place.file, line: 1 };
  const of = (title: string, message: string): Problem => ({ title, message, at });
  const said = `${failure.message} ${failure.exit ?? ''}`;
  const hint = withheldHint(said, [at.file]) || unsetHint(said, at.file);
  const text = sentence(failure.message || '(no message)');
  const cause = failure.cause ? ` Cause: ${sentence(failure.cause)}` : '';
  if (failure.ended !== undefined)
    return of(
      `The definition calls ${failure.ended}`,
      `${failure.ended} ${failure.effect}. A definition must not end its process: raise an exception if something is missing, and move other work to a separate script.`,
    );
  if (failure.exit !== undefined) {
    const text =
      typeof failure.exit === 'string'
        ? ` It says: ${sentence(failure.exit)}`
        : ` Its exit code is ${failure.exit}.`;
    return of(
      'The definition calls sys.exit()',
      `sys.exit() ends the process before the template is read.${text} A definition must define its template, or ask for its build, before it exits; command-line arguments are not given to it.${hint}`,
    );
  }
  if (failure.refused !== undefined) return of(failure.refused, text);
  if (failure.syntax)
    return of(
      'Syntax error in the definition',
      `${text}${failure.text ? ` The line reads: ${shorten(failure.text, 120)}` : ''}`,
    );
  if (failure.memory)
    return of(
      'The definition uses too much memory',
      'Python ran out of memory while it evaluated the definition. A definition should only describe the template: do not read large files or collect data in it; leave that to copy() and run_cmd().',
    );
  return (
    missingPackage(failure, of, place) ??
    missingMethod(failure, of, place) ??
    missingVariable(failure, of) ??
    (failure.module.startsWith('novita_sandbox')
      ? of('The SDK refuses the template', `${text}${cause}${hint}`)
      : failure.network
        ? of(
            'A request of the definition failed',
            `${failure.type}: ${text}${cause} A definition should need neither the network nor an API key, since it only describes the template: move downloads to run_cmd(), and calls of the service to a separate script.`,
          )
        : of(
            'The definition raises an exception',
            `${failure.type}: ${text}${cause} A definition must load without one, and define its template.${hint}`,
          ))
  );
}

type Make = (title: string, message: string) => Problem;

const sdkModules = /^(novita_sandbox|e2b|e2b_code_interpreter|e2b_desktop)(\.|$)/;

function missingPackage({ name, missing, message }: Failure, of: Make, place: Place): Problem | undefined {
  if (name === undefined || missing === undefined) {
    const wanted = /cannot import name '([^']+)' from '([^']+)'/.exec(message);
    if (!wanted?.[1] || !sdkModules.test(wanted[2] ?? '')) return undefined;
    return of(
      `The SDK has no ${wanted[1]}`,
      `e2b and its packages mean novita_sandbox here, and ${place.sdkName} has no ${wanted[1]} (in ${wanted[2]}). Remove it from the definition, or use what novita_sandbox has instead.`,
    );
  }
  if (sdkModules.test(name))
    return of(
      `The SDK has no module ${name}`,
      `${name} is a module of novita_sandbox here, and ${place.sdkName} has none of this name. Import from novita_sandbox, or from e2b, itself.`,
    );
  if (message.includes('relative import')) return undefined;
  return of(
    `Package ${name} is not installed`,
    `The definition imports ${name}, which is not installed. Install what it needs in a step before this one (into .venv, or for the Python that reads it), or remove the import. If ${name} is a folder of the repository, point working-directory: at the folder that holds it. Only novita_sandbox, e2b and dotenv need no installation.`,
  );
}

/** Methods of the builder, for the one that was meant. */
const methods =
  'run_cmd copy copy_items remove rename make_dir make_symlink set_workdir set_user set_envs pip_install npm_install bun_install apt_install add_mcp_server git_clone skip_cache set_start_cmd set_ready_cmd set_patch_cmd from_image from_template from_dockerfile from_base_image from_debian_image from_ubuntu_image from_python_image from_node_image from_bun_image from_aws_registry from_gcp_registry from_oci_registry from_huawei_cloud_registry'.split(
    ' ',
  );

function missingMethod({ name, owner }: Failure, of: Make, place: Place): Problem | undefined {
  if (!name || !['Template', 'AsyncTemplate', 'TemplateBuilder', 'TemplateFinal'].includes(owner ?? ''))
    return undefined;
  if (owner === 'TemplateFinal')
    return of(
      `${name}() comes too late`,
      `${name}() is called after set_start_cmd() or set_ready_cmd(), and nothing can be added after these. Make it the last call of the chain.`,
    );
  if (owner !== 'TemplateBuilder' && methods.includes(name))
    return of(
      `${name}() comes too early`,
      `${name}() is called before the template has a base. Call from_image() or another from_… first.`,
    );
  const near = nearest(name, methods);
  return of(
    `The SDK has no ${name}()`,
    `Templates of ${place.sdkName} have no ${name}().${near ? ` Did you mean ${near}()?` : ''} Use another method, or run_cmd() with the command itself.`,
  );
}

function missingVariable({ key, environment, type }: Failure, of: Make): Problem | undefined {
  if (type !== 'KeyError' || key === undefined || !environment) return undefined;
  return of(
    `Environment variable ${key} is not set`,
    `The definition reads os.environ["${key}"]. ${unsetVariable(key)}`,
  );
}

function unsetVariable(name: string): string {
  return isWithheld(name)
    ? `The action does not hand ${name} to a definition, since it belongs to the action or the runner. A template must not hold keys or tokens; hand them to the sandbox when it starts.`
    : `${name} is not set in this job, or names a file of the runner, which the action does not hand to a definition. Set it in env: of the step, or give a default.`;
}

/** Says of a failure for want of a variable of the job where to set it. */
function unsetHint(said: string, file: string): string {
  const names = said.match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g) ?? [];
  const unset = names.find((name) => !(name in process.env) && mentions(file, name));
  return unset === undefined ? '' : ` ${unset} is not set in this job: set it in env: of the step.`;
}

function mentions(file: string, name: string): boolean {
  try {
    return new RegExp(`(environ|getenv)\\W+(get\\W+)?${name}\\b`).test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

/** A mistake that the driver found, in full. */
export function asProblem({ title, message, at, unset }: Found): Problem {
  const from =
    unset === undefined
      ? ''
      : unset === ''
        ? ' If it comes from an environment variable, that variable is not set in this job. Set it in env: of the step, or give a default.'
        : ` It comes from the environment variable ${unset}. ${unsetVariable(unset)}`;
  return { title, message: `${message}${from}`, ...(at && { at }) };
}

/** Explains an interpreter that ended without an answer. */
export function explainSilence(
  { code, signal, lostPipe }: Silence,
  { file, workingDirectory }: Place,
): Problem {
  const name = relative(workingDirectory, file);
  const at = { file, line: 1 };
  if (lostPipe)
    return {
      title: 'The definition spoils its own result',
      message: `${name} wrote to or closed a file descriptor that it did not open (the one through which its result is read), so the result could not be read. Use only descriptors that the definition opened itself, and standard output.`,
      at,
    };
  const how = signal ? `was ended by signal ${signal}` : `ended with exit code ${code}`;
  const guess =
    signal === 'SIGKILL'
      ? 'The system most often does this when the machine runs out of memory.'
      : 'Look for os.exec…(), signals or a package with native code in it or in what it imports; its own output above may say more.';
  return {
    title: 'The definition ended its own process',
    message: `Python ${how} before the template of ${name} was read. ${guess} A definition must define its template and then finish.`,
    at,
  };
}

function sentence(text: string): string {
  const trimmed = shorten(text.trim(), 1500);
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
