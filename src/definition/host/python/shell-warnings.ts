import type { DefinitionWarning } from '../../definition.ts';
import { unquotedArguments } from '../unquoted-arguments.ts';
import type { Fields } from './messages.ts';

/** A warning for each argument that the shell would read differently than it is meant, in the words of Python. */
export function shellWarnings({ shell }: Pick<Fields, 'shell'>): DefinitionWarning[] {
  return shell.flatMap(({ method, args, at }) => {
    const twin = method.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return unquotedArguments(twin, args, at ?? undefined).map(({ title, message, ...rest }) => ({
      ...rest,
      title: title.replace(`${twin}()`, `${method}()`),
      message: message.replace(`${twin}:`, `${method}:`).replace('runCmd()', 'run_cmd()'),
    }));
  });
}
