import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageRegistry } from '../../api/types.ts';
import { isRecord } from '../../json.ts';
import { type Problem, ProblemsError, problem, type SourceLocation } from '../../problem.ts';
import { missingCredentials } from '../../registry/credential-fields.ts';
import { imageReferenceFault } from '../../registry/reference-fault.ts';
import type { Definition, DefinitionWarning, RecipeStep } from '../definition.ts';
import type { KindName } from '../kinds.ts';
import type { Phase } from '../protocol.ts';
import { kindOf } from './check-arguments.ts';
import { fillBasePath } from './dockerfile/base-path.ts';
import type { Sdk } from './load-sdk.ts';
import type { Choice } from './reader.ts';
import { instructionsOf, type Recorder } from './recorder.ts';

/**
 * Turns a template into plain data: the SDK's JSON, split into recipe and steps, each step with the line that made it.
 *
 * @param phase called before the SDK reads the base image's configuration from its registry
 * @throws ProblemsError when a step cannot be sent
 */
export async function serialize(
  choice: Choice,
  options: {
    readonly kind: KindName;
    readonly file: string;
    readonly workingDirectory: string;
    readonly sdk: Sdk;
    readonly recorder: Recorder;
    readonly phase: (phase: Phase) => void;
  },
): Promise<Definition> {
  const { kind, file, workingDirectory, sdk, recorder } = options;
  const { template, exportName } = choice;
  const { dockerfile, ignoreFile, ...sources } = recorder.parts(template);
  const image: unknown = Reflect.get(template, 'baseImage');
  // A registry has nothing to say about such a base. The plan reports its mistake, together with all others.
  const registry: unknown = Reflect.get(template, 'registryConfig');
  if (!canBeLookedUp(image, registry)) Reflect.set(template, 'inheritImageConfig', false);
  if (Reflect.get(template, 'inheritImageConfig') === true && typeof image === 'string') {
    const advice = imageAdvice(template, image, dockerfile);
    options.phase({
      name: 'reading-image',
      image,
      ...(isRecord(registry) && { registry: registry as ImageRegistry }),
      advice,
      ...(sources.base ? { at: sources.base } : {}),
    });
  }
  const written = instructionsOf(template).length;
  if (dockerfile) await fillBasePath(template, recorder);
  const Template = sdk.exports['Template'] as {
    toJSON: (template: object, hashes: boolean) => Promise<string>;
  };
  const wire: unknown = JSON.parse(await Template.toJSON(template, false));
  if (!isRecord(wire) || !Array.isArray(wire['steps'])) {
    throw problem(
      'The SDK gave no recipe',
      `novita-sandbox ${sdk.origin.version} did not turn the template into steps as 2.1 does. Install a 2.x version of novita-sandbox, or remove it from the repository: the action brings its own copy.`,
      sources.base ?? { file, line: 1 },
    );
  }
  const { steps: wireSteps, ...recipe } = wire;
  const instructions = instructionsOf(template);
  const problems: Problem[] = [];
  const steps = (wireSteps as unknown[]).map((step, index) => {
    const instruction = instructions[index];
    const source = recorder.stepLine(instruction);
    const found = stepProblem(step, index, source ?? { file, line: 1 });
    if (found) problems.push(found);
    return asStep(isRecord(step) ? step : {}, source, hiddenKind(index, written, instructions.length));
  });
  const [first, ...rest] = problems;
  if (first) throw new ProblemsError([first, ...rest]);
  return {
    kind,
    file,
    ...(exportName !== undefined && { exportName }),
    sdk: sdk.origin,
    recipe: recipe as Definition['recipe'],
    steps,
    sources,
    ...contextOf(choice, workingDirectory),
    ignorePatterns: choice.ignorePatterns ?? ignorePatterns(template),
    ...(ignoreFile !== undefined && { ignoreFile }),
    warnings: [
      ...recorder.warnings(template),
      ...(choice.warnings ?? []),
      ...imageWarnings(template, String(image), sources.base ?? { file, line: 1 }, dockerfile),
    ],
    settings: choice.settings ?? {},
    ...(choice.readBy !== undefined && { readBy: choice.readBy }),
    notices: [...recorder.notices(template), ...(choice.notices ?? [])],
  };
}

function canBeLookedUp(image: unknown, registry: unknown): boolean {
  if (typeof image !== 'string') return false;
  const empty = isRecord(registry) && missingCredentials(registry as ImageRegistry).length > 0;
  return !empty && imageReferenceFault(image) === undefined;
}

function asStep(
  step: Record<string, unknown>,
  source: SourceLocation | undefined,
  addedBySdk: RecipeStep['addedBySdk'],
): RecipeStep {
  const { forceUpload, resolveSymlinks, ...wire } = step;
  return {
    wire: wire as RecipeStep['wire'],
    ...(source ? { source } : {}),
    ...(addedBySdk ? { addedBySdk } : {}),
    ...(typeof forceUpload === 'boolean' ? { forceUpload } : {}),
    ...(typeof resolveSymlinks === 'boolean' ? { resolveSymlinks } : {}),
  };
}

/**
 * Why the SDK added a step, if it did. `toJSON` adds the base image's WORKDIR after the definition's instructions, and
 * a RUN at the end.
 */
function hiddenKind(index: number, written: number, instructions: number): RecipeStep['addedBySdk'] {
  // Some versions of the SDK keep the instructions elsewhere.
  if (index < written || index > instructions) return undefined;
  return index < instructions ? 'workdir' : 'environment';
}

function stepProblem(step: unknown, index: number, at: SourceLocation): Problem | undefined {
  const args: unknown = isRecord(step) ? (step['args'] ?? []) : undefined;
  const wrong = Array.isArray(args) ? args.find((arg) => typeof arg !== 'string') : null;
  if (Array.isArray(args) && (wrong === undefined || args.length === 0)) return undefined;
  const type = isRecord(step) ? String(step['type']) : 'unknown';
  return {
    title: 'A step has a value that is not text',
    message: `Step ${index + 1} (${type}) holds ${wrong === null ? 'undefined or null' : kindOf(wrong)}; only strings can be sent. Convert the value, or give a default where it may be missing.`,
    at,
  };
}

function contextOf(
  { template, contextDirectory: given }: Choice,
  workingDirectory: string,
): Pick<Definition, 'contextDirectory' | 'relativeContext'> {
  if (given !== undefined) return { contextDirectory: given };
  const path: unknown = Reflect.get(template, 'fileContextPath');
  if (path instanceof URL) return { contextDirectory: fileURLToPath(path) };
  const written = String(path ?? '.');
  const contextDirectory = resolve(workingDirectory, written);
  return isAbsolute(written)
    ? { contextDirectory }
    : { contextDirectory, relativeContext: { written, workingDirectory } };
}

function ignorePatterns(template: object): string[] {
  const patterns: unknown = Reflect.get(template, 'fileIgnorePatterns');
  return Array.isArray(patterns) ? patterns.map(String) : [];
}

/** What to do about an image whose configuration the SDK cannot read. */
function imageAdvice(template: object, image: string, dockerfile: boolean | undefined): string {
  const access = 'Check that this runner reaches the registry, and the name of the image';
  if (dockerfile) return `${access}.`;
  const credentials = Reflect.get(template, 'imageCredentials') === undefined ? 'undefined' : 'credentials';
  return `${access}; or, if the template needs none of these, say so: fromImage('${image}', ${credentials}, { inheritConfig: false }).`;
}

function imageWarnings(
  template: object,
  image: string,
  at: SourceLocation,
  dockerfile: boolean | undefined,
): DefinitionWarning[] {
  const read: unknown = Reflect.get(template.constructor, 'imageConfigFailure');
  if (typeof read !== 'function') return [];
  const failure: unknown = Reflect.apply(read, template.constructor, [template]);
  if (!isRecord(failure)) return [];
  if (typeof failure['unusable'] === 'string') {
    return [
      {
        title: 'The base image cannot be used',
        message: `${failure['unusable']}. A build from it would fail.`,
        at,
      },
    ];
  }
  const reason = String(failure['error']).replace(/\.$/, '');
  return [
    {
      title: 'The base image could not be read',
      message: `The configuration of ${image} could not be read from its registry (${reason}). The template is built without the image's own environment variables (PATH among them), working directory and start command. ${imageAdvice(template, image, dockerfile)}`,
      at,
    },
  ];
}
