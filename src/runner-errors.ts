/** A problem of the machine that runs the job, and what to do about it. One or two sentences each. */
export interface RunnerTrouble {
  readonly what: string;
  readonly advice: string;
}

const full = {
  what: 'The disk of this runner is full.',
  advice: 'Make room in a step before this one, or use a larger runner.',
};
const files = {
  what: 'This runner allows too few open files.',
  advice: 'Raise its limit (ulimit -n).',
};
const rights = {
  what: 'This runner does not let the job use one of its own files.',
  advice: 'Check which user it belongs to.',
};
const memory = { what: 'This runner has too little memory.', advice: 'Use a larger one.' };

/** The machine lacks something, for any file. */
const ofMachine: Readonly<Record<string, RunnerTrouble>> = {
  ...{ ENOSPC: full, EDQUOT: full, EMFILE: files, ENFILE: files, ENOMEM: memory, EAGAIN: memory },
  EFBIG: { what: 'This runner limits how large a file may be.', advice: 'Raise its limit (ulimit -f).' },
  EIO: { what: 'A disk of this runner fails.', advice: 'Use another runner.' },
};
const missing = {
  what: 'A file or folder that this run made on the runner has disappeared.',
  advice: 'Let no other process remove files from RUNNER_TEMP.',
};
const ofFile: Readonly<Record<string, RunnerTrouble>> = {
  ...{ EACCES: rights, EPERM: rights, EROFS: rights, ENOENT: missing, ENOTDIR: missing },
};

/** The machine's problem behind a system error; `undefined` for any other error. */
export function runnerTrouble(error: unknown): RunnerTrouble | undefined {
  return isOfMachine(error) ? ofMachine[codeOf(error)] : ofFile[codeOf(error)];
}

/** Whether the machine as a whole lacks something, so that another file would fail too. */
export function isOfMachine(error: unknown): boolean {
  return codeOf(error) in ofMachine;
}

/** The code of a system error; empty for any other. */
function codeOf(error: unknown): string {
  const { code = '', syscall } = (error instanceof Error ? error : {}) as NodeJS.ErrnoException;
  return syscall === undefined ? '' : code;
}
