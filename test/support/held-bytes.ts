import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
export const collectGarbage: () => void = runInNewContext('gc');

/**
 * The most bytes of buffers that are in use at once while the work is done, beside those from before. Buffers that wait
 * for the garbage collector do not count: how many wait depends on the machine. The largest memory that the process
 * ever had would say nothing, since other tests have used it too.
 */
export async function mostHeldBytes(work: () => Promise<unknown>): Promise<number> {
  const inUse = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = inUse();
  let most = 0;
  const look = () => {
    most = Math.max(most, inUse() - before);
  };
  const looking = setInterval(look, 10);
  try {
    await work();
    look();
  } finally {
    clearInterval(looking);
  }
  return most;
}
