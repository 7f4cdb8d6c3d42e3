import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { actionFolders } from '../../scripts/readme-tables.ts';

/** As people write it in `uses:`, without the version. */
export const ours = 'OWNER/novita-template-action';
export const reusableWorkflow = '.github/workflows/build-template.yml';

/** How the jobs of the reusable workflow use its own actions: as they were at its commit. */
export const besideWorkspace = './../_novita-template-action';

/** What an action, or a workflow to call, takes and gives. */
export interface Published {
  readonly inputs: readonly string[];
  readonly required: readonly string[];
  readonly secrets: readonly string[];
  readonly outputs: readonly string[];
}

type Declared = Record<string, { required?: boolean } | null>;

/** All that this repository publishes, by what stands in `uses:` before the `@`. */
export async function readPublished(root: string): Promise<Map<string, Published>> {
  const published = new Map<string, Published>();
  for (const folder of actionFolders(root)) {
    const { inputs, outputs } = parse(await readFile(join(root, folder, 'action.yml'), 'utf8'));
    published.set(folder === '.' ? ours : `${ours}/${folder}`, declared(inputs, {}, outputs));
  }
  const { inputs, secrets, outputs } = parse(await readFile(join(root, reusableWorkflow), 'utf8')).on
    .workflow_call;
  published.set(`${ours}/${reusableWorkflow}`, declared(inputs, secrets, outputs));
  return published;
}

function declared(inputs: Declared, secrets: Declared, outputs: Declared): Published {
  return {
    inputs: Object.keys(inputs),
    required: Object.keys(inputs).filter((name) => inputs[name]?.required),
    secrets: Object.keys(secrets),
    outputs: Object.keys(outputs),
  };
}

/** What is wrong with one step or job that uses something of ours; empty for others. */
export function useProblems(
  { uses, with: given = {}, secrets = {} }: Use,
  published: ReadonlyMap<string, Published>,
): string[] {
  if (!uses?.startsWith(ours)) return [];
  const [path = '', version] = uses.split('@');
  const target = published.get(path);
  if (!target) return [`${uses}: there is no ${path}`];
  return [
    ...(version === 'v0' ? [] : [`${uses}: expected @v0`]),
    ...without(Object.keys(given), target.inputs).map((name) => `${uses}: no input ${name}`),
    ...without(target.required, Object.keys(given)).map((name) => `${uses}: ${name} is required`),
    ...without(Object.keys(secrets), target.secrets).map((name) => `${uses}: no secret ${name}`),
    ...(target.inputs.includes('api-key') && !('api-key' in given) ? [`${uses}: no api-key`] : []),
  ];
}

export interface Use {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Every step and job in a piece of YAML that uses something, however small the piece. */
export function usesIn(yaml: unknown): Use[] {
  if (typeof yaml !== 'object' || yaml === null) return [];
  const here = 'uses' in yaml && typeof yaml.uses === 'string' ? [yaml as Use] : [];
  return [...here, ...Object.values(yaml).flatMap(usesIn)];
}

export function without(names: readonly string[], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name));
}
