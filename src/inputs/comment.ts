import { inputReader, type ReadInputs } from './read.ts';

/** The inputs of the comment action, parsed. */
export interface CommentInputs {
  /** Paths as given: files, or folders of files. */
  readonly results: readonly string[];
  readonly commentKey: string;
  readonly githubToken: string;
}

/** Reads all inputs of the comment action. Never throws: what is wrong is in `problems`. */
export function readCommentInputs(env: NodeJS.ProcessEnv): ReadInputs<CommentInputs> {
  const reader = inputReader(env);
  const results = reader
    .text('result')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const inputs: CommentInputs = {
    results,
    commentKey: readCommentKey(reader),
    githubToken: reader.text('github-token'),
  };
  if (results.length === 0) {
    reader.reject(
      'result',
      'is empty, expected the path of a result file of the build action, or of a folder.',
    );
  }
  if (inputs.githubToken === '') {
    reader.reject('github-token', 'is empty, expected a token that may write comments.');
  }
  return reader.done(inputs);
}

/** Tells comments about builds of one name apart. */
export function readCommentKey(reader: ReturnType<typeof inputReader>): string {
  const key = reader.text('comment-key');
  if (key.length > 100) reader.reject('comment-key', `has ${key.length} characters, expected at most 100.`);
  return key.slice(0, 100);
}

/** Name of a GitHub environment, which may have 255 characters; empty for none. */
export function readEnvironment(reader: ReturnType<typeof inputReader>): string {
  const environment = reader.text('environment');
  if (environment.length > 255) {
    reader.reject('environment', `has ${environment.length} characters, expected at most 255.`);
  }
  return environment.slice(0, 255);
}
