import { inputReader, type ReadInputs } from './reader.ts';
import { readCommentKey } from './shared.ts';

/** The inputs of the comment action, parsed. */
export interface CommentInputs {
  /** Paths as given: files, or folders of files. */
  readonly results: readonly string[];
  readonly commentKey: string;
  readonly githubToken: string;
}

/** Reads all inputs of the comment action. It never throws: what is wrong is in `problems`. */
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
