import vendors from 'ci-info/vendors.json' with { type: 'json' };

/** A CI system that `ci-info` knows. */
export interface Vendor {
  /** `CircleCI`. */
  readonly name: string;
  /** `CIRCLE`. */
  readonly constant: string;
  /** Whether the variables say that a pull request is built; `undefined` where `ci-info` does not know. */
  readonly isPullRequest: boolean | undefined;
}

/** How `vendors.json` says which variables a system has. */
type Condition =
  | string
  | { readonly env: string; readonly includes: string }
  | { readonly env: string; readonly ne: string }
  | { readonly env: string; readonly any: readonly string[] }
  | { readonly any: readonly string[] }
  | { readonly [variable: string]: string };

interface Row {
  readonly name: string;
  readonly constant: string;
  readonly env: Condition | readonly Condition[];
  readonly pr?: Condition;
}

/**
 * The CI system of these variables, by the table of `ci-info`. The library itself looks at the variables of its own
 * process when it is loaded.
 */
export function detectVendor(env: NodeJS.ProcessEnv): Vendor | undefined {
  if (env['CI'] === 'false') return undefined;
  const rows = (vendors as readonly Row[]).filter(({ env: wanted }) =>
    [wanted].flat().every((condition) => holds(condition as Condition, env)),
  );
  const row = rows.at(-1);
  if (!row) return undefined;
  const { name, constant, pr } = row;
  return { name, constant, isPullRequest: pr === undefined ? undefined : holds(pr, env) };
}

/** Whether these variables are those of some CI system, even if nobody knows which. */
export function isCi(env: NodeJS.ProcessEnv): boolean {
  if (env['CI'] === 'false') return false;
  const signs = ['CI', 'BUILD_ID', 'BUILD_NUMBER', 'CI_APP_ID', 'CI_BUILD_ID', 'CI_BUILD_NUMBER', 'CI_NAME'];
  return [...signs, 'CONTINUOUS_INTEGRATION', 'RUN_ID'].some((name) => Boolean(env[name]));
}

function holds(condition: Condition, env: NodeJS.ProcessEnv): boolean {
  if (typeof condition === 'string') return Boolean(env[condition]);
  const { env: name, includes, ne, any } = condition as Record<string, unknown>;
  const value = typeof name === 'string' ? env[name] : undefined;
  if (typeof includes === 'string') return value?.includes(includes) ?? false;
  if (typeof ne === 'string') return value !== undefined && value !== ne;
  if (Array.isArray(any))
    return typeof name === 'string' ? any.includes(value) : any.some((each) => Boolean(env[each]));
  return Object.entries(condition).every(([variable, wanted]) => env[variable] === wanted);
}
