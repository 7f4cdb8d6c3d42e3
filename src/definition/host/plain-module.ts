import { isBuiltin } from 'node:module';
import { stripTypeScriptTypes } from './module-hooks.ts';

/** What Node's loader treats differently: CommonJS, `import()`, `export *` and what may hide one of them. */
const needsTransformer =
  /\b(?:require|module|exports|arguments|__dirname|__filename|eval|Function)\b|\bimport\s*\(|\bexport\s*(?:\*|=)|\\u|^\uFEFF/;
/** Syntax that stripping types cannot handle, or that the transformer reads differently, as fields of classes. */
const needsCompiler = /\b(?:class|enum|namespace|declare|abstract)\b/;

/** Signs of types. A `<` may begin type arguments or be a comparison. */
const types =
  /<|\b(?:as|satisfies|type|interface)\b|\b(?:const|let|var)\s+[\w$]+\s*:|[(,]\s*[\w$]+\s*\??:|[)}\]]\s*:|[\w$)\]]!\s*[.;,)\]]/;

/** Comments that begin a line, and template strings, which may contain such text. */
const commentsAndTemplates = /^[ \t]*(?:\/\/.*|\/\*[\s\S]*?\*\/)|`(?:\\[\s\S]|[^\\`])*`/gm;
const ownMeta = /\bimport\s*\.\s*meta\s*\.\s*(?:url|dirname|filename)\b/g;
const templates = /`(?:\\[\s\S]|[^\\`])*`/g;
const stringsAndComments = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\/.*|\/\*[\s\S]*?\*\//g;

const name = String.raw`[\w$]+(?:\s+as\s+[\w$]+)?`;
const names = String.raw`\{\s*(?<names>${name}(?:\s*,\s*${name})*)\s*,?\s*\}`;
const statement = new RegExp(
  String.raw`^(?<word>import|export)\b\s*(?:(?:(?<single>[\w$]+)|\*\s*as\s+(?<space>[\w$]+)|${names})\s*\bfrom\s*)?(?<quote>['"])(?<request>[^'"\\\n]+)\k<quote>[ \t]*(?:;|$)`,
  'gm',
);

/** Calls that write files, and programs, which may write any. */
const writesFiles =
  /['"](?:node:)?child_process['"]|['"](?:node:)?fs(?:\/promises)?['"][\s\S]*\b(?:(?:write|append|copy)File|createWriteStream|write|open|cp|rename|symlink|link|truncate|rm|unlink)(?:Sync)?\b/;

/** Whether a module may wait, or write files, while modules are to be read and evaluated after it. */
export function mayAffectNext(source: string): boolean {
  return /\bawait\b/.test(source) || writesFiles.test(source);
}

/**
 * The JavaScript of a module that means the same to Node as to the transformer, line for line; undefined when that is
 * not certain. Only the text decides, since nothing may be evaluated twice.
 */
export function plainModule(text: string, isTypeScript: boolean): string | undefined {
  if (needsTransformer.test(text) || (isTypeScript && needsCompiler.test(text))) return undefined;
  let source = text;
  if (isTypeScript && types.test(text)) {
    if (!stripTypeScriptTypes) return undefined;
    try {
      source = stripTypeScriptTypes(text);
    } catch {
      return undefined;
    }
  }
  const code = source.replace(commentsAndTemplates, (found) => (found.startsWith('`') ? found : ''));
  const imports = [...code.matchAll(statement)];
  const rest = code.replace(statement, '').replace(ownMeta, '');
  if (/\bimport\b|\bfrom\s*['"]/.test(rest)) return undefined;
  if (imports.length === 0 && !/^export\b/m.test(rest)) return undefined;
  // What the transformer looks at to remove the import of a name that is only used as a type; plain JavaScript keeps all.
  const used = isTypeScript ? rest.replace(templates, insertions).replace(stringsAndComments, '') : undefined;
  return imports.every((found) => isPlain(found.groups, used)) ? source : undefined;
}

function isPlain(found: Record<string, string | undefined> | undefined, used: string | undefined): boolean {
  const { word, single, space, names: list, request = '' } = found ?? {};
  if (word === 'export') return list !== undefined;
  if (isBuiltin(request)) return true;
  // `import * as` gives another object in the transformer.
  if (space !== undefined) return false;
  if (!request.startsWith('.')) return list !== undefined;
  if (used === undefined) return true;
  const locals = single ? [single] : (list?.split(',').map((one) => one.trim().split(/\s+/).at(-1)) ?? []);
  return locals.every((local) => local !== undefined && isWordOf(used, local));
}

/** The expressions in a template string. */
function insertions(template: string): string {
  return [...template.matchAll(/\$\{([^{}]*)\}/g)].map(([, expression]) => ` ${expression} `).join(';');
}

/** Whether a text has this word, and not only as the name of a property. */
function isWordOf(text: string, word: string): boolean {
  const name = word.replaceAll('$', '\\$');
  return new RegExp(String.raw`(?<![\w$]|(?<!\.\.)\.\s*)${name}(?![\w$]|\s*:)`).test(text);
}
