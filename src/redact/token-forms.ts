/** A token that its issuer made recognizable, in the words of a message. */
interface TokenForm {
  readonly what: string;
  readonly form: RegExp;
}

const forms: readonly TokenForm[] = [
  { what: 'a GitHub token', form: /\b(?:gh[pousr]_[A-Za-z\d]{30,}|github_pat_\w{30,})/ },
  { what: 'a GitLab token', form: /\bglpat-[\w-]{20,}/ },
  { what: 'an npm token', form: /\bnpm_[A-Za-z\d]{36}/ },
  { what: 'a PyPI token', form: /\bpypi-AgE[\w-]{40,}/ },
  { what: 'a Hugging Face token', form: /\bhf_[A-Za-z\d]{30,}/ },
  { what: 'a Slack token', form: /\bxox[abeoprs]-[\w-]{20,}/ },
  { what: 'an AWS access key', form: /(?<![A-Z\d])A(?:KIA|SIA)[A-Z2-7]{16}(?![A-Z\d])/ },
  { what: 'a key of a model provider', form: /(?<![\w-])sk-(?=[\w-]*\d)[\w-]{32,}/ },
  { what: 'a Google API key', form: /(?<![\w-])AIza[\w-]{35}(?![\w-])/ },
  { what: 'a payment key', form: /(?<![\w-])[sr]k_live_[A-Za-z\d]{16,}/ },
  { what: 'a sandbox API key', form: /(?<![\w-])(?:e2b_[\da-f]{40}|nvta_[A-Za-z\d_-]{20,})/ },
  { what: 'a mail API key', form: /(?<![\w-])SG\.[\w-]{16,}\.[\w-]{32,}/ },
];

const anyForm = new RegExp(forms.map(({ form }) => form.source).join('|'), 'dg');

/** A quick test first: few lines have any of these. It is a part of a larger one, which ignores case. */
export const likelyToken =
  /\b(?:gh[pousr]|github_pat|npm|hf|[sr]k_live|e2b|nvta)_|\b(?:glpat|pypi|xox[abeoprs]|sk)-|AIza|AKIA|ASIA|\bSG\./;

/** The places of such tokens in a text. */
export function tokenSpans(text: string): (readonly [from: number, to: number])[] {
  return [...text.matchAll(anyForm)].flatMap(({ indices }) => (indices?.[0] ? [indices[0]] : []));
}

/** What kind of token a text holds: `a GitHub token`; `undefined` for none, and for examples. */
export function tokenKind(text: string): string | undefined {
  return forms.find(({ form }) => isReal(form.exec(text)?.[0] ?? ''))?.what;
}

/** Whether a token is none that a person wrote as an example, such as `sk-ant-your-key`. */
export function isReal(token: string): boolean {
  return /\d/.test(token) && !/example|your|placeholder|x{5}|0{6}|1234567/i.test(token);
}
