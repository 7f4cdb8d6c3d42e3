import nodeModule from 'node:module';

/** Node's synchronous module hooks; absent in Node 20, where the transformer loads definitions. */
export const registerHooks: typeof nodeModule.registerHooks | undefined = nodeModule.registerHooks;

/** Node's own removal of types; absent in Node 20. */
export const stripTypeScriptTypes: typeof nodeModule.stripTypeScriptTypes | undefined =
  nodeModule.stripTypeScriptTypes;
