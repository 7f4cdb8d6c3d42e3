import { nearest } from '../../nearest.ts';
import { runLosses, shellLosses, startLosses, startTogether } from './commands.ts';
import { copyLosses } from './files.ts';
import type { DockerfileInstruction } from './instructions.ts';
import { type BuilderCall, type Loss, mistake, type Reading, warning } from './loss.ts';
import { argLosses, envLosses, settingsOf, wordLosses } from './values.ts';
import { dockerWord, splitFlags } from './words.ts';

/** What the SDK loses of one instruction. */
export interface LineLoss extends Loss {
  readonly keyword: string;
  readonly line: number;
  /** It concerns the start command, which the definition may replace. */
  readonly start?: boolean;
}

const leftOut =
  (instead: string) =>
  ({ keyword }: Reading): Loss[] => [warning(`The SDK leaves ${keyword} out.`, instead)];
const unneeded = leftOut('You can ignore this: a sandbox has no use for it.');

/**
 * Instruction → what is lost of it, by comparing Docker's reading with the SDK's call. FROM, ARG and the start command
 * need more than their own line and are handled below.
 */
const rows: Readonly<Record<string, (reading: Reading) => Loss[]>> = {
  RUN: runLosses,
  COPY: copyLosses,
  ADD: copyLosses,
  ENV: envLosses,
  WORKDIR: wordLosses,
  USER: wordLosses,
  SHELL: shellLosses,
  // A sandbox exposes all its ports.
  EXPOSE: () => [],
  HEALTHCHECK: (reading) =>
    reading.text.toUpperCase() === 'NONE'
      ? []
      : leftOut('Give its command as the ready command, with setReadyCmd() in the definition.')(reading),
  VOLUME: leftOut(
    'A sandbox keeps everything on its own disk; make the folder with RUN mkdir -p where it is needed.',
  ),
  ONBUILD: leftOut('Write the instruction into the definitions that start from this template.'),
  STOPSIGNAL: unneeded,
  LABEL: unneeded,
  MAINTAINER: unneeded,
};

/**
 * Finds everything that the SDK loses of a Dockerfile.
 *
 * @param callOf the builder call that the SDK made for an instruction
 */
export function dockerfileLosses(
  instructions: readonly DockerfileInstruction[],
  escaping: string,
  callOf: (instruction: DockerfileInstruction) => BuilderCall | undefined,
): LineLoss[] {
  const found: LineLoss[] = [];
  const values = new Map<string, string>();
  const above = new Map<string, string>();
  const envs = new Set<string>();
  const start = new Map<string, Reading>();
  let stages = 0;
  for (const instruction of instructions) {
    const { keyword, line } = instruction;
    const { flags, rest: text } = splitFlags(instruction.rest);
    const reading: Reading = {
      keyword,
      instruction,
      flags,
      text,
      call: callOf(instruction),
      escaping,
      values,
    };
    const add = (losses: readonly Loss[]): void => {
      found.push(...losses.map((loss) => ({ ...loss, keyword, line })));
    };
    if (keyword === 'FROM') {
      stages += 1;
      add(fromLosses(reading, stages));
      values.clear();
    } else if (keyword === 'ARG') {
      add(argLosses(reading, { above, envs, inStage: stages > 0 }));
    } else if (text.trim() === '' && needsText(keyword)) {
      add([
        mistake(
          `${keyword} has nothing after it: Docker refuses that, and the SDK drops it.`,
          'Add its value, or remove the line.',
        ),
      ]);
    } else if (keyword === 'CMD' || keyword === 'ENTRYPOINT') {
      start.set(keyword, reading);
    } else {
      add(rows[keyword]?.(reading) ?? unknown(keyword));
    }
    if (keyword !== 'ENV' && keyword !== 'ARG') continue;
    for (const { name, value } of settingsOf(reading) ?? []) {
      const text = value?.expanded ?? above.get(name) ?? '';
      values.set(name, text);
      if (stages === 0) above.set(name, text);
      if (keyword === 'ENV') envs.add(name);
    }
  }
  // The SDK does not read several stages, so there is nothing to compare.
  if (stages > 1) return found.filter(({ keyword }) => keyword === 'FROM');
  const startFound = startOf(start.get('ENTRYPOINT'), start.get('CMD'));
  return [...found, ...startFound].sort((one, other) => one.line - other.line);
}

/** ENV, COPY and ADD have more detailed messages about what is missing. */
function needsText(keyword: string): boolean {
  if (keyword === 'CMD' || keyword === 'ENTRYPOINT') return true;
  return keyword in rows && !['ENV', 'COPY', 'ADD'].includes(keyword);
}

function fromLosses({ text, flags, escaping, values }: Reading, stages: number): Loss[] {
  if (stages > 1) {
    const instead =
      'Build the image with docker build, push it, and start the template with fromImage(); or keep one stage.';
    return [mistake('Multi-stage Dockerfiles are not supported: the SDK reads one stage only.', instead)];
  }
  const { variables, expanded } = dockerWord(text.split(/\s+/)[0] ?? '', escaping, values);
  const wanted = flags.find(({ name }) => name === 'platform')?.value ?? 'linux/amd64';
  const platform = /^(?:linux\/(?:amd64|x86_64)(?:\/.*)?|\$.*)$/.test(wanted)
    ? []
    : [
        warning(
          `The SDK leaves out --platform=${wanted}: templates are built for linux/amd64.`,
          'Leave the flag out.',
        ),
      ];
  if (variables.length === 0) return platform;
  const base = expanded.includes('$') ? 'the name of the image itself' : `FROM ${expanded}`;
  return [
    ...platform,
    mistake('The SDK does not fill in variables: the base would not be an image.', `Write ${base}.`),
  ];
}

function startOf(entrypoint: Reading | undefined, cmd: Reading | undefined): LineLoss[] {
  const line = (reading: Reading, loss: Loss): LineLoss => ({
    ...loss,
    keyword: reading.keyword,
    line: reading.instruction.line,
    start: true,
  });
  const own = [entrypoint, cmd].flatMap((reading) =>
    reading ? startLosses(reading).map((loss) => line(reading, loss)) : [],
  );
  const together = entrypoint && cmd && startTogether(entrypoint, cmd);
  return together ? [...own, line(together.reading, together.loss)] : own;
}

const keywords = ['FROM', 'ARG', 'CMD', 'ENTRYPOINT', ...Object.keys(rows)];

function unknown(keyword: string): Loss[] {
  const near = nearest(keyword, keywords);
  return [
    mistake(
      `Docker has no instruction ${keyword}, and the SDK leaves it out.`,
      near ? `Write ${near}.` : 'Remove it.',
    ),
  ];
}
