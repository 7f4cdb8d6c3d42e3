/** The image that the tests on a container engine begin with. */
export const BASE = 'template-service.test/base:1';
