import type { DefinitionWarning } from '../definition/definition.ts';
import type { ShownPlan } from './plan.ts';

/** Names of what opens something, as whole words of a variable's name. */
const secretWords =
  /(?:^|_)(?:TOKEN|SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIAL|CREDENTIALS|APIKEY|(?:API|PRIVATE|SECRET|ACCESS|AUTH|ENCRYPTION|SIGNING|DEPLOY|SERVICE_ACCOUNT|LICENSE|MASTER)_KEY|SERVICE_ACCOUNT_JSON|AUTH|CONNECTION_STRING|DSN)(?:_(?:\d+|BASE64|B64|JSON|VALUE|TEXT|PROD|PRODUCTION|STAGING|DEV|DEVELOPMENT|TEST|LIVE))*$/;

/** Names that hold a public value although they speak of a secret: limits, places, names, switches. */
const publicNames =
  /^(?:NEXT_PUBLIC|VITE|PUBLIC|REACT_APP|EXPO_PUBLIC|NUXT_PUBLIC|GATSBY|STORYBOOK)_|(?:^|_)(?:MAX|MIN|NUM|COUNT|TOTAL|LIMIT|PUBLIC|ENABLE|DISABLE|USE|NO|SKIP|SHOW|ALLOW|REQUIRE)_|^(?:PWD|OLDPWD|AUTH)$/;

/** Whether a variable of this name probably holds a secret: `GITHUB_TOKEN`, `dbPassword`, `OPENAI_API_KEY`. */
export function looksSecret(name: string): boolean {
  const words = name
    .slice(0, 200)
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
  return secretWords.test(words) && !publicNames.test(words);
}

/**
 * A warning for each ENV step that gives a value to names that look secret. Values that are empty, or only name
 * another variable, give nothing away. A value is never part of a warning.
 */
export function secretWarnings(plan: ShownPlan): DefinitionWarning[] {
  return plan.wire.steps.flatMap((step, index) => {
    if (step.type.toUpperCase() !== 'ENV') return [];
    const args = step.args ?? [];
    const names = args.filter(
      (name, at) => at % 2 === 0 && looksSecret(name) && isLiteral(args[at + 1] ?? ''),
    );
    if (names.length === 0) return [];
    const at = plan.steps[index]?.source;
    const several = names.length > 1;
    return [
      {
        title: `${several ? 'Secrets' : 'A secret'} in the template`,
        message: `${names.join(', ')}: the service prints the ${several ? 'values' : 'value'} in the log of the build, and everyone who can start a sandbox from this template can read ${several ? 'them' : 'it'}. Give secrets to the sandbox when it starts: Sandbox.create(template, { envs }). If ${several ? 'these are' : 'this is'} no secret, nothing is to be done.`,
        ...(at && { at }),
      },
    ];
  });
}

/** The values that ENV steps give to names that look secret. */
export function secretValues({ wire }: Pick<ShownPlan, 'wire'>): string[] {
  return wire.steps.flatMap(({ type, args = [] }) => {
    if (type.toUpperCase() !== 'ENV' && type.toUpperCase() !== 'ARG') return [];
    return args.filter((value, at) => at % 2 === 1 && looksSecret(args[at - 1] ?? '') && isLiteral(value));
  });
}

function isLiteral(value: string): boolean {
  return value.trim() !== '' && !/^\$(?:\w+|\{\w+\})$/.test(value.trim());
}
