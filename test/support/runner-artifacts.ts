/** What GitHub's runner does with the file of `GITHUB_ARTIFACTS` after a step. */

/** One entry of the job's list, as `GITHUB_ARTIFACTS_LIST` has it. */
export interface ArtifactSubject {
  readonly name: string;
  readonly digest: string;
  readonly kind: 'oci';
}

/** The subjects of a job after a step. Throws where the runner would fail the step. */
export function afterStep(before: readonly ArtifactSubject[], text: string): ArtifactSubject[] {
  if (Buffer.byteLength(text) > 1024 * 1024) throw new Error('The file is larger than 1 MiB');
  const subjects = new Map(before.map((subject) => [subject.name, subject]));
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.includes('=')) throw new Error(`Reserved: ${line}`);
    const [, name = '', hex = ''] = /^(?:oci:\/\/)?(.+)@sha256:([0-9a-f]{64})$/i.exec(line) ?? [];
    if (name === '') throw new Error(`Not a subject: ${line}`);
    const digest = `sha256:${hex.toLowerCase()}`;
    const known = subjects.get(name);
    if (known && known.digest !== digest) throw new Error(`${name} has another digest`);
    if (!known && subjects.size >= 500) throw new Error('More than 500 subjects');
    subjects.set(name, { name, digest, kind: 'oci' });
  }
  return [...subjects.values()];
}
