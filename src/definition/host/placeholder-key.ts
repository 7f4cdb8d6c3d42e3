import type { Problem, SourceLocation } from '../../problem.ts';
import type { Definition } from '../definition.ts';

/** What a definition that asks for the service's key finds instead. No server accepts it. */
export const placeholderKey = 'e2b_0000000000000000000000000000000000000000';

/** The variables that hold it. */
export const placeholderNames: readonly string[] = [
  'NOVITA_API_KEY',
  'E2B_API_KEY',
  'NOVITA_ACCESS_TOKEN',
  'E2B_ACCESS_TOKEN',
];

/** Refuses a template that holds the placeholder, at its line. */
export function placeholderProblems({ file, recipe, steps, sources }: Definition): Problem[] {
  const fault = (part: string, at: SourceLocation | undefined): Problem => ({
    title: 'The template holds the API key',
    message: `${part} holds the API key of the service, which the action does not hand to a definition: it finds a placeholder. A template must not hold keys or tokens; hand them to the sandbox when it starts.`,
    at: at ?? { file, line: 1 },
  });
  const found = steps.flatMap(({ wire, source, addedBySdk }, index) =>
    addedBySdk === undefined && hasPlaceholder(wire)
      ? [fault(`Step ${index + 1} (${wire.type})`, source)]
      : [],
  );
  const { startCmd, readyCmd, ...base } = recipe;
  if (hasPlaceholder(startCmd)) found.push(fault('The start command', sources.start));
  if (hasPlaceholder(readyCmd)) found.push(fault('The ready command', sources.ready));
  if (hasPlaceholder(base)) found.push(fault('The recipe', sources.base));
  return found;
}

function hasPlaceholder(part: unknown): boolean {
  return JSON.stringify(part ?? '').includes(placeholderKey);
}
