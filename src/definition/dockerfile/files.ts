import { isRecord } from '../../json.ts';
import { javascriptText, quote } from '../../problem.ts';
import { type Loss, mistake, type Reading, sentText, warning } from './loss.ts';
import { dockerWord, type Flag, jsonWords, splitWords } from './words.ts';

/** COPY and ADD: the SDK uses the first source, the last word and the flag --chown only. */
export function copyLosses(reading: Reading): Loss[] {
  const { instruction, flags, text, keyword, escaping, values } = reading;
  if (instruction.hereDocuments.length > 0) {
    return [
      mistake(
        'The SDK reads the name of a here-document as that of a file.',
        'Put the text into a file beside the Dockerfile, and COPY that.',
      ),
    ];
  }
  const from = flags.find(({ name }) => name === 'from');
  if (from) {
    const found = `The SDK drops --from=${from.value}: it would send files of the context directory.`;
    return [
      mistake(
        found,
        'Fetch the files in a RUN, or put them into the context directory in a step before this one.',
      ),
    ];
  }
  const json = jsonWords(text);
  const written = json ?? text.split(/\s+/).filter(Boolean);
  if (written.length < 2)
    return [mistake(`${keyword} needs a source and a destination.`, `Write ${keyword} source destination.`)];
  const words = written.map((word) => dockerWord(word, json ? '' : escaping, values));
  const sources = words.slice(0, -1);
  const destination = words.at(-1)?.text ?? '';
  const kept = flags.map((flag) => flagLoss(reading, flag)).filter((loss) => loss !== undefined);

  if (keyword === 'ADD') {
    const added = sources.map(({ text: source }) => addLoss(source, destination, flags)).find((loss) => loss);
    if (added) return [...kept, added];
  }
  const line = (source: string) => `${keyword} ${source} ${words.at(-1)?.expanded}`;
  if (words.some(({ variables, dollar }) => variables.length > 0 || dollar)) {
    return [
      ...kept,
      mistake(
        'The SDK does not fill in variables here.',
        `Write ${sources.map(({ expanded }) => line(expanded)).join(' and ')}.`,
      ),
    ];
  }
  if (json) {
    const plain = words.every(({ text: word }) => /^[^\s"'\\$[]+$/.test(word));
    const calls = sources.map(
      ({ text: source }) => `.copy(${javascriptText(source)}, ${javascriptText(destination)})`,
    );
    const instead = plain
      ? sources.map(({ text: source }) => line(source)).join(' and ')
      : `${calls.join('')} in the definition`;
    return [...kept, mistake(`The SDK does not read the form with brackets.`, `Write ${instead}.`)];
  }
  if (!json && written.some((word) => /^["']/.test(word) && !/.["']$/.test(word))) {
    const [first = '', ...others] = splitWords(text, escaping).map((word) =>
      javascriptText(dockerWord(word, escaping, values).text),
    );
    const found = 'Neither Docker nor the SDK reads a name with blanks from quotes here.';
    return [...kept, mistake(found, `Write .copy(${[first, ...others].join(', ')}) in the definition.`)];
  }
  if (sources.length > 1) {
    return [
      ...kept,
      mistake(
        `The SDK sends ${quote(sources[0]?.text ?? '')} alone and drops the other sources.`,
        `Write a ${keyword} for each: ${sources.map(({ text: source }) => line(source)).join(' and ')}.`,
      ),
    ];
  }
  const sent = [sentText(reading), sentText(reading, 1)];
  const meant = [sources[0]?.text, destination];
  if (sent.every((word, index) => word === meant[index])) return kept;
  const found = `The SDK reads neither quotes nor escapes: it would send ${quote(sent.join(' '))}.`;
  return [
    ...kept,
    mistake(
      found,
      `Write .copy(${javascriptText(meant[0] ?? '')}, ${javascriptText(destination)}) in the definition.`,
    ),
  ];
}

function flagLoss({ call }: Reading, { name, value }: Flag): Loss | undefined {
  const options: unknown = call?.args[2];
  const leftOut = `The SDK leaves out --${name}${value ? `=${value}` : ''}`;
  switch (name) {
    case 'chown':
      if (value.includes('$'))
        return warning(
          `The SDK does not fill in variables: the owner would be ${value}.`,
          'Write the name itself.',
        );
      return isRecord(options) && options['user'] === value
        ? undefined
        : mistake(`${leftOut}.`, 'Write a RUN chown after it.');
    case 'chmod':
      if (isRecord(options) && options['mode'] === Number.parseInt(value, 8)) return undefined;
      return mistake(
        `${leftOut}: the files get the mode that they have in the repository.`,
        `Write a RUN chmod ${value} after it, or copy() with { mode: 0o${value} } in the definition.`,
      );
    case 'exclude':
      return mistake(`${leftOut}: the files would be sent.`, `Write the line ${value} into .dockerignore.`);
    case 'parents':
      return mistake(
        `${leftOut}: the files would be elsewhere.`,
        'Write a COPY with the whole destination for each source.',
      );
    case 'checksum':
      return mistake(`${leftOut}: nothing would be compared.`, 'Compare it in a RUN, with sha256sum -c.');
    case 'link':
    case 'keep-git-dir':
    case 'unpack':
      return value === 'false'
        ? undefined
        : warning(`${leftOut}.`, 'Leave the flag out, unless the file is for Docker as well.');
    default:
      return mistake(`${leftOut}.`, 'Write it without the flag.');
  }
}

const archive = /\.(?:tar(?:\.(?:gz|bz2|xz|zst|lzma|Z))?|tgz|tbz2?|txz|tzst)$/i;

/** The fragment of a git URL, a branch, git tag or commit and a folder: `repository.git#v1:folder`. */
function cloneCommand(source: string, destination: string): string {
  const [repository = '', fragment = ''] = source.split('#');
  const [ref = '', folder = ''] = fragment.split(':');
  const clone = `git clone ${repository} ${destination}`;
  const checkOut = ref && ` && git -C ${destination} checkout ${ref}`;
  return `${clone}${checkOut}${folder && `, and use its folder ${folder}`}`;
}

function addLoss(source: string, destination: string, flags: readonly Flag[]): Loss | undefined {
  if (/^(?:https?|ftp):\/\//i.test(source) || /^(?:git|ssh):\/\/|^git@/i.test(source)) {
    const isGit = /^(?:git|ssh):\/\/|^git@|\.git(?:#.*)?$/i.test(source);
    const file = destination.endsWith('/')
      ? `${destination}${source.split(/[?#]/)[0]?.split('/').at(-1)}`
      : destination;
    const instead = isGit
      ? `Write RUN ${cloneCommand(source, destination)}.`
      : `Write RUN curl -fsSL -o ${file} ${source}.`;
    return mistake('The SDK reads an address as the name of a file in the context directory.', instead);
  }
  const packed =
    archive.test(source) && !flags.some(({ name, value }) => name === 'unpack' && value === 'false');
  if (!packed) return undefined;
  const name = source.split('/').at(-1);
  return mistake(
    'The SDK sends the archive as it is, and Docker unpacks it.',
    `Write COPY ${source} /opt/ and RUN mkdir -p ${destination} && tar -xf /opt/${name} -C ${destination}.`,
  );
}
