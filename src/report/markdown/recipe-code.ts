import type { ImageRegistry, Instruction } from '../../api/types.ts';
import type { RecipeStep } from '../../definition/definition.ts';
import type { Plan } from '../../plan/plan.ts';
import { variablesOf } from '../../recipe/instruction.ts';
import { looksSecret } from '../../recipe/secret-names.ts';
import type { ReproRecipe } from './minimal-recipe.ts';

/**
 * A recipe as a TypeScript module to paste. Evaluated with the SDK it gives the same steps; registry credentials
 * and values of variables that look secret are read from the environment instead.
 */
export function recipeCode(plan: Plan, recipe: ReproRecipe): string {
  const chain: string[] = [];
  const { definition, wire } = plan;
  if (definition.recipe.force) chain.push('.skipCache()');
  chain.push(baseCall(plan, recipe));
  if (wire.preBootScript !== undefined) chain.push(`.setPatchCmd(${literal(wire.preBootScript)})`);
  let forced = definition.recipe.force === true;
  for (const step of recipe.steps) {
    if (step.wire.force && !step.forceUpload && !forced) {
      forced = true;
      chain.push('.skipCache()');
    }
    chain.push(stepCall(step));
  }
  const { startCmd, readyCmd } = recipe;
  // A start command needs a ready command; without one, the service waits 20 seconds.
  if (startCmd) chain.push(`.setStartCmd(${literal(startCmd)}, ${literal(readyCmd || 'sleep 20')})`);
  else if (readyCmd) chain.push(`.setReadyCmd(${literal(readyCmd)})`);
  const copies = recipe.steps.some((step) => step.wire.type === 'COPY');
  const options =
    copies && definition.ignorePatterns.length > 0
      ? `{ fileIgnorePatterns: [${definition.ignorePatterns.map((pattern) => literal(pattern)).join(', ')}] }`
      : '';
  return [
    "import { Template } from 'novita-sandbox';",
    '',
    `export const template = Template(${options})`,
    `${chain.map((call) => `  ${call}`).join('\n')};`,
  ].join('\n');
}

function baseCall(plan: Plan, { inheritsImage }: ReproRecipe): string {
  const { fromImage, fromTemplate, fromImageRegistry: registry } = plan.wire;
  if (fromTemplate !== undefined) return `.fromTemplate(${literal(fromTemplate)})`;
  const image = literal(fromImage ?? '');
  if (registry && registry.type !== 'registry') return registryCall(image, registry);
  const credentials = registry
    ? `{ username: ${variable('REGISTRY_USERNAME')}, password: ${variable('REGISTRY_PASSWORD')} }`
    : undefined;
  // Without reading the image, the SDK adds no step.
  const rest = inheritsImage ? [credentials] : [credentials ?? 'undefined', '{ inheritConfig: false }'];
  return `.fromImage(${[image, ...rest].filter((argument) => argument !== undefined).join(', ')})`;
}

function registryCall(image: string, registry: ImageRegistry): string {
  const region = (value: string | undefined) => `region: ${literal(value ?? '')}`;
  switch (registry.type) {
    case 'aws':
      return `.fromAWSRegistry(${image}, { accessKeyId: ${variable('AWS_ACCESS_KEY_ID')}, secretAccessKey: ${variable('AWS_SECRET_ACCESS_KEY')}, ${region(registry.awsRegion)} })`;
    case 'gcp':
      return `.fromGCPRegistry(${image}, { serviceAccountJSON: JSON.parse(process.env.GCP_SERVICE_ACCOUNT_JSON ?? '{}') })`;
    case 'oci': {
      const names = ['TENANCY_OCID', 'USER_OCID', 'FINGERPRINT', 'PRIVATE_KEY'];
      const fields = ['tenancyOcid', 'userOcid', 'fingerprint', 'privateKey'].map(
        (field, index) => `${field}: ${variable(`OCI_${names[index]}`)}`,
      );
      return `.fromOCIRegistry(${image}, { ${fields.join(', ')}, ${region(registry['region'])} })`;
    }
    case 'huawei':
      return `.fromHuaweiCloudRegistry(${image}, { accessKeyId: ${variable('HUAWEI_ACCESS_KEY_ID')}, secretAccessKey: ${variable('HUAWEI_SECRET_ACCESS_KEY')}, ${region(registry['region'])} })`;
    default:
      return `.fromImage(${image})`;
  }
}

function stepCall(step: RecipeStep): string {
  const { wire } = step;
  const args = wire.args ?? [];
  const [first = '', second = ''] = args;
  switch (wire.type) {
    case 'RUN':
      return `.runCmd(${literal(first)}${second ? `, { user: ${literal(second)} }` : ''})`;
    case 'COPY':
      return `.copy(${literal(first)}, ${literal(second)}${copyOptions(step)})`;
    case 'ENV':
      if (args.length % 2 === 0) return `.setEnvs({ ${environment(wire)} })`;
      break;
    case 'USER':
      if (args.length === 1) return `.setUser(${literal(first)})`;
      break;
    case 'WORKDIR':
      return `.setWorkdir(${literal(first)})`;
  }
  return `// A step that the builder of the SDK cannot make: ${literal([wire.type, ...args].join(' '), Infinity)}`;
}

function copyOptions({ wire, forceUpload, resolveSymlinks }: RecipeStep): string {
  const [, , owner = '', mode = ''] = wire.args ?? [];
  const options = [
    owner && `user: ${literal(owner)}`,
    /^[0-7]+$/.test(mode) && `mode: 0o${mode.replace(/^0+(?=.)/, '')}`,
    forceUpload && 'forceUpload: true',
    resolveSymlinks !== undefined && `resolveSymlinks: ${resolveSymlinks}`,
  ].filter(Boolean);
  return options.length > 0 ? `, { ${options.join(', ')} }` : '';
}

function environment(step: Instruction): string {
  const entries = variablesOf(step).map(({ name, value = '' }) => {
    const plain = /^[A-Za-z_]\w*$/.test(name) && name !== '__proto__';
    const key = plain ? name : `[${literal(name, Infinity)}]`;
    const secret = value !== '' && looksSecret(name);
    return `${key}: ${secret ? variable(name) : literal(value)}`;
  });
  return entries.join(', ');
}

/** Code that reads a secret value from the environment. */
function variable(name: string): string {
  const access = /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${literal(name, Infinity)}]`;
  return `process.env${access} ?? ''`;
}

/** Characters that no log or browser shows as they are. */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const pieceLimit = 1500;

/** Any text as a string in single quotes: one line for each of its lines, and for very long ones several. */
function literal(text: string, limit = pieceLimit): string {
  const [first, ...more] = text.split(/(?<=\n)/).flatMap((line) => quotedPieces(line, limit));
  if (more.length === 0) return first ?? "''";
  const [before, between] = limit === Infinity ? ['', ' + '] : ['\n    ', ' +\n    '];
  return before + [first, ...more].join(between);
}

function quotedPieces(line: string, limit: number): string[] {
  const pieces = [''];
  const characters = Array.from(line);
  for (const [index, character] of characters.entries()) {
    const escaped = escapeCharacter(character, characters[index + 1]);
    const piece = pieces.at(-1) ?? '';
    if (piece.length + escaped.length > limit) pieces.push(escaped);
    else pieces[pieces.length - 1] = piece + escaped;
  }
  return pieces.map((piece) => `'${piece}'`);
}

function escapeCharacter(character: string, next: string | undefined): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  if (character === "'" || character === '\\') return `\\${character}`;
  // An HTML comment would be changed where the code is shown.
  if (unseen.test(character) || (character === '<' && next === '!')) {
    return Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
    ).join('');
  }
  return character;
}
