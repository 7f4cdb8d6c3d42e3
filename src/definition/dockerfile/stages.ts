import { nearest } from '../../nearest.ts';
import { declaredNames, platformArguments } from './environment.ts';
import { type Finding, mistake, warning } from './finding.ts';
import type { DockerfileInstruction } from './instructions.ts';
import { readWord } from './read-word.ts';
import { Fault, plainText, splitWords, unknownNames, type Word } from './words.ts';

/** What the stages of a Dockerfile come to. */
export interface Stages {
  readonly base?: { readonly image: string; readonly line: number };
  /** The instructions of each stage that is built, in order, without FROM. */
  readonly built: readonly (readonly DockerfileInstruction[])[];
  /** The values of ARG before the first FROM. */
  readonly above: ReadonlyMap<string, Word>;
  /** Build arguments that an ARG before the first FROM declares. */
  readonly used: ReadonlySet<string>;
  readonly problems: readonly Finding[];
}

interface Stage {
  readonly from: DockerfileInstruction;
  readonly image: string;
  readonly name: string | undefined;
  readonly parent: Stage | undefined;
  readonly instructions: DockerfileInstruction[];
}

/** Follows the final stage down to its image, through the stages that it starts from. */
export function stagesOf(
  instructions: readonly DockerfileInstruction[],
  escaping: string,
  buildArgs: Readonly<Record<string, string>>,
): Stages {
  const problems: Finding[] = [];
  const above = new Map<string, Word>();
  const used = new Set<string>();
  const scope = new Map<string, Word>(
    Object.entries(platformArguments).map(([name, value]) => [name, [value]]),
  );
  const stages: Stage[] = [];
  for (const instruction of instructions) {
    const current = stages.at(-1);
    try {
      if (instruction.keyword === 'FROM') {
        stages.push(readFrom(instruction, escaping, scope, stages, problems));
      } else if (current) {
        current.instructions.push(instruction);
      } else if (instruction.keyword === 'ARG') {
        for (const { name, written } of declaredNames(instruction, escaping)) {
          const given = buildArgs[name];
          if (given !== undefined) used.add(name);
          const value =
            given === undefined ? written && readWord(written, { escaping, values: scope }) : [given];
          if (value === undefined || typeof value === 'string') continue;
          above.set(name, value);
          scope.set(name, value);
        }
      } else {
        // What follows would be told the same.
        if (!isKnown(instruction.keyword))
          return { built: [], above, used, problems: [noDockerfile(instruction)] };
        const found = `${instruction.keyword} stands before the first FROM.`;
        problems.push(mistake(instruction, found, 'Write FROM and an image above it.'));
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      problems.push(mistake(instruction, error.message, error.advice));
      if (instruction.keyword === 'FROM') return { built: [], above, used, problems };
    }
  }
  const final = stages.at(-1);
  if (!final) {
    const line = { keyword: 'A Dockerfile without FROM', line: 1 };
    if (problems.length === 0)
      problems.push(mistake(line, 'A Dockerfile must name its base.', 'Write FROM and an image.'));
    return { built: [], above, used, problems };
  }
  const chain: Stage[] = [];
  for (let stage: Stage | undefined = final; stage; stage = stage.parent) chain.unshift(stage);
  const [root = final] = chain;
  return {
    base: { image: root.image, line: root.from.line },
    built: chain.map(({ instructions }) => instructions),
    above,
    used,
    problems,
  };
}

const keywords =
  /^(?:ADD|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)$/;

function isKnown(keyword: string): boolean {
  return keywords.test(keyword);
}

/** A file that begins with something else, such as a page of HTML. */
function noDockerfile({ keyword, line }: DockerfileInstruction): Finding {
  const near = nearest(keyword, ['FROM', 'ARG']);
  const advice = near ? `Write ${near}.` : 'Is it another file? A Dockerfile begins with FROM and an image.';
  return mistake(
    { keyword: 'The file', line },
    `Docker has no instruction ${JSON.stringify(keyword.slice(0, 40))}.`,
    advice,
  );
}

function readFrom(
  instruction: DockerfileInstruction,
  escaping: string,
  scope: ReadonlyMap<string, Word>,
  stages: readonly Stage[],
  problems: Finding[],
): Stage {
  const [written = '', as, name, ...rest] = splitWords(instruction.text, escaping);
  if (written === '' || rest.length > 0 || (as !== undefined && (as.toUpperCase() !== 'AS' || !name)))
    throw new Fault('FROM has another form.', 'Write FROM image, or FROM image AS name.');
  const word = readWord(written, { escaping, values: scope });
  const image = plainText(word);
  if (image === undefined) {
    const [unknown = ''] = unknownNames([word]);
    throw new Fault(
      `${unknown} has no value before FROM.`,
      `Write ARG ${unknown}=value above FROM, or give it with the input build-args.`,
    );
  }
  if (image === '') throw new Fault('The name of the image is empty.', 'Write FROM and an image.');
  const parent = stages.findLast((stage) => stage.name === image.toLowerCase());
  if (!parent && image === 'scratch')
    throw new Fault(
      'A sandbox needs the system that scratch lacks.',
      'Write FROM debian:12 or a similar image.',
    );
  const platform = instruction.flags.find((flag) => flag.name === 'platform')?.value ?? '';
  if (!/^(?:linux\/(?:amd64|x86_64)(?:\/.*)?|linux|amd64|\$.*|)$/.test(platform)) {
    const found = `--platform=${platform} is left out: templates are built for linux/amd64.`;
    problems.push(warning(instruction, found, 'Leave the flag out.'));
  }
  return { from: instruction, image, name: name?.toLowerCase(), parent, instructions: [] };
}
