import type { RecipeBody } from '../api/types.ts';
import type { Definition, RecipeStep } from '../definition/definition.ts';
import type { SourceLocation } from '../problem.ts';
import { variablesOf } from '../recipe/instruction.ts';
import { isLiteral, looksSecret } from '../recipe/secret-names.ts';
import { tokensIn } from '../redact/address-secrets.ts';
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

const elsewhere = 'Give secrets to the sandbox when it starts: Sandbox.create(template, { envs })';
const revealed = `the service prints it in the log of the build, and everyone who can start a sandbox from this template can read it. ${elsewhere}. If it is valid, revoke it.`;

function secretsIn(step: RecipeStep['wire']): { readonly name: string; readonly value: string }[] {
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
  const names = commandsOf(text).flatMap(({ program, args, variables }) => {
    const exported = program === 'export' ? args : [];
    const set = exported.flatMap(({ text: word, fixed }) => {
      const [, name, value = ''] = /^(\w+)=([\s\S]*)$/.exec(word) ?? [];
      return name === undefined ? [] : [{ name, value: { text: value, fixed } }];
    });
    return [...variables, ...set]
      .filter(({ name, value }) => value.fixed && looksSecret(name) && isRandom(value.text))
      .map(({ name }) => name);
  });
  if (names.length === 0) return [];
  return [
    finding(
      'secret-value',
      `The command gives a value to ${[...new Set(names)].join(', ')}: ${revealed}`,
      step.source,
    ),
  ];
}

/** A value in a command that no person makes up as an example. */
function isRandom(value: string): boolean {
  return value.length >= 12 && /\d/.test(value) && /[a-z]/i.test(value) && !isPlaceholder(value);
}

/** What stands where a secret will be: `changeme`, `your-key`, `<token>`, `xxxx`. */
function isPlaceholder(value: string): boolean {
  return /^(?:<.*>|\{\{.*\}\}|[x*.-]+|(?:change|replace)[-_ ]?(?:me|it|this).*|(?:your|my|some)[-_ ].*|.*(?:placeholder|dummy|example|not[-_ ]?(?:a[-_ ])?(?:real|secret|used)|unused|to-?do).*|none|null|nil|true|false|yes|no|on|off|disabled|empty|fake|test(?:ing)?)$/is.test(
    value.trim(),
  );
}

/** Forms of tokens, in the words of a message. Their issuers made them recognizable. */
const forms: readonly (readonly [string, RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z\d]+ )*PRIVATE KEY(?: BLOCK)?-----/],
  ['an AWS access key', /(?<![A-Z\d])A(?:KIA|SIA)[A-Z2-7]{16}(?![A-Z\d])/],
  ['a key of a model provider', /(?<![\w-])sk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z\d_-]{32,}/],
  ['a Google API key', /(?<![\w-])AIza[\w-]{35}(?![\w-])/],
  ['a payment key', /(?<![\w-])[sr]k_live_[A-Za-z\d]{16,}/],
  ['a sandbox API key', /(?<![\w-])(?:e2b_[\da-f]{40}|nvta_[A-Za-z\d_-]{20,})/],
  ['a mail API key', /(?<![\w-])SG\.[\w-]{16,}\.[\w-]{32,}/],
];

/** What kind of token a text holds; `undefined` for none. Examples of documentation are none. */
function formOf(text: string): string | undefined {
  for (const [name, form] of forms) {
    const found = form.exec(text)?.[0];
    // Written by a person, such as `sk-ant-your-key`.
    if (found !== undefined && (/PRIVATE KEY/.test(found) || isReal(found))) return name;
  }
  return tokensIn(text).some(isReal) ? 'a token or a password' : undefined;
}

function isReal(token: string): boolean {
  return /\d/.test(token) && !/example|your|placeholder|x{5}|0{6}|1234567/i.test(token);
}
