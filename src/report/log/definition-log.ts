import type { Definition } from '../../definition/definition.ts';
import { titleWithRule } from '../../recipe/rules.ts';
import { displayPath } from '../text/format.ts';
import type { Output, Stream } from './output.ts';

/** Shows the loading of a definition: what its program prints, then which file, export and SDK are used. */
export interface DefinitionLog {
  /** A line that the definition's own program printed. Opens a group for such lines when none is open. */
  programLine(text: string, stream?: Stream): void;
  /** Says which file, export and SDK were used; warnings become annotations at their lines. */
  loaded(definition: Definition): void;
  /** Closes the open group; call it in `finally`. */
  close(): void;
}

/** @param file - absolute path of the definition; `workspace` - what it is shown relative to. */
export function createDefinitionLog(
  output: Output,
  { file, workspace }: { readonly file: string; readonly workspace?: string },
): DefinitionLog {
  let printing = false;

  function close(): void {
    if (printing) output.endGroup();
    printing = false;
  }

  return {
    programLine(text, stream) {
      if (!printing) output.startGroup(`Output of ${displayPath(file, workspace)}`);
      printing = true;
      output.printUntrusted(text, stream);
    },
    loaded(definition) {
      close();
      const { exportName, sdk, readBy, warnings, notices } = definition;
      const origin = sdk.from === 'repository' ? 'installed in the repository' : 'bundled with the action';
      const exported = exportName === undefined ? '' : `, export ${exportName}`;
      output.line(`Definition: ${displayPath(definition.file, workspace)}${exported}`);
      if (readBy !== undefined) output.line(`Read by: ${readBy}`);
      output.line(`SDK: novita-sandbox ${sdk.version}, ${origin}`);
      for (const warning of warnings) {
        output.warning(warning.message, { title: titleWithRule(warning), at: warning.at });
      }
      for (const { title, message, at } of notices) output.notice(message, { title, at });
    },
    close,
  };
}
