/** The action's own copy of the SDK, for definitions in repositories that have none installed. */
export * from 'novita-sandbox';
export { default } from 'novita-sandbox';
