import { describeEvent } from '../ci/describe-event.ts';
import type { CiEvent } from '../ci/event.ts';
import { quote } from '../problem.ts';
import { shortSha } from './event-values.ts';
import type { TextTemplate, Values } from './expression.ts';
import { type Line, lineOfText } from './release-text.ts';
import type { RuleKind } from './rule.ts';
import { parseVersion, type Version } from './version.ts';

/** A rule's text before its prefix and suffix. */
export interface RuleText {
  readonly text: string;
  readonly why: string;
  /** The name that the rule used for the release. */
  readonly name?: string;
  readonly version?: Version;
  /** Set when the text names a line of versions, such as `1.2`. */
  readonly line?: Line;
  /** Set when the text is the whole name of a branch or git tag. */
  readonly ref?: { readonly name: string; readonly kind: 'branch' | 'tag' };
}

/** A rule's text, or why there is none. */
export type TextOrReason = RuleText | { readonly none: string };

/** Replaces the expressions of a template with their values. */
export type Fill = (template: TextTemplate, extra?: Readonly<Record<string, string>>) => string;

/** Two ways to fill a template: to read a value from it, or to write it into a tag. */
export interface Fills {
  readonly values: Values;
  readonly read: Fill;
  readonly write: Fill;
}

/** Applies a rule's type to an event. */
export function ruleText(rule: RuleKind, event: CiEvent, fills: Fills): TextOrReason {
  const here = describeEvent(event);
  const { read, write } = fills;
  switch (rule.type) {
    case 'plain':
      return { text: rule.tag, why: 'as it is written' };
    case 'raw': {
      const ref = refAlone(rule.value, fills.values);
      return { text: write(rule.value), why: 'as it is written', ...(ref && { ref }) };
    }
    case 'schedule':
      if (event.kind !== 'schedule') return { none: `${here} is no schedule` };
      return { text: write(rule.pattern), why: 'a schedule started this run' };
    case 'sha': {
      const { sha } = event;
      if (sha === undefined) return { none: 'the commit is unknown' };
      return { text: rule.format === 'long' ? sha : shortSha(sha), why: `the commit of ${here}` };
    }
    case 'edge': {
      const branch = rule.branch ?? event.defaultBranch;
      if (branch === undefined) return { none: `${here} does not name the default branch; set branch=` };
      if (event.branch === branch) return { text: 'edge', why: `the newest on ${branch}` };
      return { none: `${here} is not on ${branch}` };
    }
    case 'ref':
      return refRuleText(rule.event, event);
    case 'match': {
      const name = read(rule.value) || event.tag;
      if (name === undefined) return { none: `${here} has no git tag, and the rule no value` };
      const match = rule.pattern.exec(name);
      if (!match) return { none: `${quote(name)} does not match ${rule.pattern}` };
      const text = match[rule.group];
      if (text === undefined) return { none: `${rule.pattern} has no group ${rule.group} in ${quote(name)}` };
      const version = parseVersion(text) ?? parseVersion(name);
      const line = version && lineOfText(text, version);
      return {
        ...{ text, why: `from ${name}`, name },
        ...(version && { version }),
        ...(line && { line }),
        ...(text === event.tag && { ref: { name: text, kind: 'tag' as const } }),
      };
    }
    case 'semver':
      return versionCore(rule, event, fills);
  }
}

/** The branch or git tag, when the template is nothing else. */
function refAlone(template: TextTemplate, { texts }: Values): RuleText['ref'] {
  const [only] = template;
  if (template.length !== 1 || typeof only !== 'object' || !('name' in only)) return undefined;
  const name = texts[only.name];
  if (!name) return undefined;
  if (only.name === 'tag') return { name, kind: 'tag' };
  return ['branch', 'head_ref', 'base_ref'].includes(only.name) ? { name, kind: 'branch' } : undefined;
}

function refRuleText(wanted: 'branch' | 'tag' | 'pr' | 'queue', event: CiEvent): TextOrReason {
  const { branch, tag, pullRequest, kind } = event;
  const here = describeEvent(event);
  switch (wanted) {
    case 'branch':
      if (branch === undefined) return { none: `${here} is not on a branch` };
      return { text: branch, why: 'the branch', ref: { name: branch, kind: 'branch' } };
    case 'tag': {
      if (tag === undefined) return { none: `${here} has no git tag` };
      const version = parseVersion(tag);
      const named = { text: tag, why: 'the git tag', name: tag, ref: { name: tag, kind: 'tag' as const } };
      return { ...named, ...(version && { version }) };
    }
    case 'pr':
      if (pullRequest === undefined || kind === 'merge_group')
        return { none: `${here} is not a pull request` };
      if (event.removed === 'pull_request') return { none: `${here} is closed, and its preview gone` };
      return { text: String(pullRequest), why: 'the number of the pull request' };
    case 'queue':
      if (pullRequest === undefined || kind !== 'merge_group')
        return { none: `${here} is not a merge group` };
      return { text: String(pullRequest), why: 'the number of the pull request in the merge queue' };
  }
}

function versionCore(
  rule: Extract<RuleKind, { type: 'semver' }>,
  event: CiEvent,
  { read, write }: Fills,
): TextOrReason {
  const written = read(rule.value) || event.tag;
  if (written === undefined) {
    return { none: `${describeEvent(event)} has no git tag, and the rule no value` };
  }
  const match = rule.match?.exec(written);
  const name = match ? (match[1] ?? match[0]) : written;
  const raw = name.replaceAll('/', '-');
  const version = parseVersion(raw);
  if (!version) {
    const unmatched = rule.match && !match ? `; ${rule.match} does not match it` : '';
    return { none: `${quote(written)} is not a version such as 1.2.3${unmatched}` };
  }
  const found = { name, version };
  if (version.prerelease !== '') {
    const [only] = rule.pattern;
    const rawOnly =
      rule.pattern.length === 1 && typeof only === 'object' && 'name' in only && only.name === 'raw';
    const why = `${version.text} is a pre-release, for which only the whole version is a tag`;
    return { text: rawOnly ? raw : version.text, why: rawOnly ? `from ${written}` : why, ...found };
  }
  const text = write(rule.pattern, {
    ...{ raw, version: version.text, prerelease: '' },
    ...{ major: String(version.major), minor: String(version.minor), patch: String(version.patch) },
    build: version.build.replaceAll('.', '-'),
  });
  return { text, why: `from ${written}`, ...found };
}
