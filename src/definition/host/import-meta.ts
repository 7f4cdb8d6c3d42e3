import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

interface MetaPropertyPath {
  readonly node: { readonly meta: { readonly name: string } };
  replaceWith(node: unknown): void;
}

interface MemberPath {
  readonly node: {
    readonly object: { name?: string };
    readonly property: { name?: string };
    readonly computed: boolean;
  };
  replaceWith(node: unknown): void;
}

interface Babel {
  readonly template: { readonly expression: { readonly ast: (code: string) => unknown } };
}

/**
 * A Babel plugin that replaces `import.meta` by an object with its values, since the form in which the loader evaluates
 * modules has none. A module that keeps it would be evaluated without its path and its lines. In the module that counts
 * as the program, `require.main` is that module.
 *
 * @param file absolute path of the module
 * @param main whether the module counts as the program that was started
 */
export function importMeta(file: string, main = false) {
  const code = metaOf(file, main);
  return ({ template }: Babel) => ({
    name: 'import-meta',
    visitor: {
      MetaProperty(path: MetaPropertyPath) {
        if (path.node.meta.name === 'import') path.replaceWith(template.expression.ast(code));
      },
      MemberExpression(path: MemberPath) {
        const { object, property, computed } = path.node;
        if (main && !computed && object.name === 'require' && property.name === 'main')
          path.replaceWith(template.expression.ast('module'));
      },
    },
  });
}

/** What Node gives a module; what Bun adds: `dir`, `path`, `file`; and `env`, which bundlers have. */
function metaOf(file: string, main: boolean): string {
  const values = {
    dirname: dirname(file),
    filename: file,
    main,
    url: pathToFileURL(file).href,
    dir: dirname(file),
    file: basename(file),
    path: file,
  };
  const fields = Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `({ __proto__: null, ${fields.join(', ')}, env: process.env, resolve: jitiESMResolve })`;
}
