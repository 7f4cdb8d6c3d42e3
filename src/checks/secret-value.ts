import type { RecipeBody } from '../api/types.ts';
import type { Definition, RecipeStep } from '../definition/definition.ts';
import type { SourceLocation } from '../problem.ts';
import { variablesOf } from '../recipe/instruction.ts';
import { isLiteral, looksSecret } from '../recipe/secret-names.ts';
import { tokensIn } from '../redact/address-secrets.ts';
import { isReal, tokenKind } from '../redact/token-forms.ts';
import { commandOf, type Finding, finding } from './finding.ts';
import { commandsOf } from './shell.ts';

/**
 * Variables that have the name of a secret and a literal value, and texts with the form of a token. A value is never part
 * of a finding.
 */
export function secretFindings({
  steps,
  recipe,
  sources,
}: Pick<Definition, 'steps' | 'recipe' | 'sources'>): Finding[] {
  const found = steps.flatMap((step) => [...ofVariables(step), ...ofCommand(step)]);
  const commands: [string, string | undefined, SourceLocation | undefined][] = [
    ['The start command', recipe.startCmd, sources.start],
    ['The ready command', recipe.readyCmd, sources.ready],
  ];
  for (const [what, text = '', at] of commands) {
    const form = formOf(text);
    if (form !== undefined) found.push(finding('secret-value', `${what} holds ${form}: ${revealed}`, at));
  }
  return found;
}

/** The values that ENV and ARG steps give to names that look secret. */
export function secretValues({ wire }: { readonly wire: Pick<RecipeBody, 'steps'> }): string[] {
  return wire.steps.flatMap(secretsIn).map(({ value }) => value);
}

/**
 * The values of variables with the name of a secret that are hidden wherever they appear: they are long and mixed, so
 * that no word of a log is taken for one.
 */
export function recipeSecrets({ steps }: Pick<Definition, 'steps'>): string[] {
  return steps.flatMap((step) => {
    const given = secretsIn(step.wire).filter(({ value }) => isRandom(value));
    return [...given, ...secretsInCommand(commandOf(step) ?? '')].map(({ value }) => value);
  });
}

const elsewhere = 'Give secrets to the sandbox when it starts: Sandbox.create(template, { envs })';
const revealed = `the service prints it in the log of the build, and everyone who can start a sandbox from this template can read it. ${elsewhere}. If it is valid, revoke it.`;

interface Secret {
  readonly name: string;
  readonly value: string;
}

function secretsIn(step: RecipeStep['wire']): Secret[] {
  return variablesOf(step).flatMap(({ name, value = '' }) =>
    looksSecret(name) && isLiteral(value) ? [{ name, value }] : [],
  );
}

function ofVariables({ wire, source }: RecipeStep): Finding[] {
  if (wire.type.toUpperCase() !== 'ENV') return [];
  const names = secretsIn(wire)
    .filter(({ value }) => !isPlaceholder(value))
    .map(({ name }) => name);
  const formed = variablesOf(wire).flatMap(({ name, value = '' }) => {
    const form = names.includes(name) ? undefined : formOf(value);
    return form === undefined ? [] : [finding('secret-value', `${name} holds ${form}: ${revealed}`, source)];
  });
  if (names.length === 0) return formed;
  const several = names.length > 1;
  const message = `${names.join(', ')}: the service prints the ${several ? 'values' : 'value'} in the log of the build, and everyone who can start a sandbox from this template can read ${several ? 'them' : 'it'}. ${elsewhere}. If ${several ? 'these are' : 'this is'} not secret, silence the check at this line.`;
  const named = finding('secret-value', message, source);
  return [{ ...named, title: several ? 'Secrets in the template' : named.title }, ...formed];
}

function ofCommand(step: RecipeStep): Finding[] {
  const text = commandOf(step);
  if (text === undefined) return [];
  const form = formOf(text);
  if (form !== undefined)
    return [finding('secret-value', `The command holds ${form}: ${revealed}`, step.source)];
  const names = secretsInCommand(text).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    finding(
      'secret-value',
      `The command gives a value to ${[...new Set(names)].join(', ')}: ${revealed}`,
      step.source,
    ),
  ];
}

/** The variables with the name of a secret that a command sets to a value that nobody makes up as an example. */
function secretsInCommand(text: string): Secret[] {
  return commandsOf(text).flatMap(({ program, args, variables }) => {
    const exported = program === 'export' ? args : [];
    const set = exported.flatMap(({ text: word, fixed }) => {
      const [, name, value = ''] = /^(\w+)=([\s\S]*)$/.exec(word) ?? [];
      return name === undefined ? [] : [{ name, value: { text: value, fixed } }];
    });
    return [...variables, ...set]
      .filter(({ name, value }) => value.fixed && looksSecret(name) && isRandom(value.text))
      .map(({ name, value }) => ({ name, value: value.text }));
  });
}

/** Whether no person makes up a value as an example, so that it stands for nothing else either. */
function isRandom(value: string): boolean {
  return value.length >= 12 && /\d/.test(value) && /[a-z]/i.test(value) && !isPlaceholder(value);
}

/** What stands where a secret will be, `changeme`, `your-key`, `<token>`, `xxxx`, or what everybody knows: `postgres`. */
function isPlaceholder(value: string): boolean {
  return /^(?:<.*>|\{\{.*\}\}|[x*.-]+|(?:change|replace)[-_ ]?(?:me|it|this).*|(?:your|my|some)[-_ ].*|.*(?:placeholder|dummy|example|not[-_ ]?(?:a[-_ ])?(?:real|secret|used)|unused|to-?do).*|none|null|nil|true|false|yes|no|on|off|disabled|empty|fake|test(?:ing)?|dev(?:elopment)?|local|guest|root|admin|user|password|secret|postgres|mysql|mariadb|redis|mongo|minio(?:admin)?)$/is.test(
    value.trim(),
  );
}

/** What kind of token a text holds; `undefined` for none. Examples of documentation are none. */
function formOf(text: string): string | undefined {
  if (/-----BEGIN (?:[A-Z\d]+ )*PRIVATE KEY(?: BLOCK)?-----/.test(text)) return 'a private key';
  return tokenKind(text) ?? (tokensIn(text).some(isReal) ? 'a token or a password' : undefined);
}
