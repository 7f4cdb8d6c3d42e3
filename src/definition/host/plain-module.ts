import { isBuiltin, stripTypeScriptTypes } from 'node:module';

/**
 * What only the transformer knows (CommonJS), what is found only while the module runs (`import()`), and fields of
 * classes, which it takes for types where they have no value.
 */
const ofTransformer =
  /\b(?:require|module|exports|arguments|__dirname|__filename|eval|Function)\b|\bimport\s*\(|\bexport\s*(?:\*|=)|\\u|^\uFEFF/;
const ofTypeScript = /\b(?:class|enum|namespace|declare|abstract)\b/;

/** Signs of types. A `<` may begin type arguments where JavaScript sees a comparison. */
const types =
  /<|\b(?:as|satisfies|type|interface)\b|\b(?:const|let|var)\s+[\w$]+\s*:|[(,]\s*[\w$]+\s*\??:|[)}\]]\s*:|[\w$)\]]!\s*[.;,)\]]/;

/** Comments that begin a line, and templates, in which they may be text. */
const commentsAndTemplates = /^[ \t]*(?:\/\/.*|\/\*[\s\S]*?\*\/)|`(?:\\[\s\S]|[^\\`])*`/gm;
const ownMeta = /\bimport\s*\.\s*meta\s*\.\s*(?:url|dirname|filename)\b/g;
const stringsAndComments = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\/.*|\/\*[\s\S]*?\*\//g;

const name = String.raw`[\w$]+(?:\s+as\s+[\w$]+)?`;
const names = String.raw`\{\s*(?<names>${name}(?:\s*,\s*${name})*)\s*,?\s*\}`;
const statement = new RegExp(
  String.raw`^(?<word>import|export)\b\s*(?:(?:(?<single>[\w$]+)|\*\s*as\s+(?<space>[\w$]+)|${names})\s*\bfrom\s*)?(?<quote>['"])(?<request>[^'"\\\n]+)\k<quote>[ \t]*(?:;|$)`,
  'gm',
);

/**
 * The JavaScript of a module that means the same to Node as to the transformer, line for line; nothing where that is
 * not certain. It is told by the text alone, since nothing may be evaluated twice.
 */
export function plainModule(text: string, isTypeScript: boolean): string | undefined {
  if (ofTransformer.test(text) || (isTypeScript && ofTypeScript.test(text))) return undefined;
  let source = text;
  if (isTypeScript && types.test(text)) {
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
  return imports.every((found) => isPlain(found.groups, rest, isTypeScript)) ? source : undefined;
}

function isPlain(
  found: Record<string, string | undefined> | undefined,
  rest: string,
  isTypeScript: boolean,
): boolean {
  const { word, single, space, names: list, request = '' } = found ?? {};
  if (word === 'export') return list !== undefined;
  if (isBuiltin(request)) return true;
  // The whole of a module is another object for the transformer.
  if (space !== undefined) return false;
  if (!request.startsWith('.')) return list !== undefined;
  if (!isTypeScript) return true;
  // A name that is only a type's takes its import away with it.
  const used = rest.replace(stringsAndComments, '');
  const locals = single ? [single] : (list?.split(',').map((one) => one.trim().split(/\s+/).at(-1)) ?? []);
  return locals.every((local) => local !== undefined && isWordOf(used, local));
}

function isWordOf(text: string, word: string): boolean {
  return new RegExp(String.raw`(?<![\w$])${word.replaceAll('$', '\\$')}(?![\w$])`).test(text);
}
