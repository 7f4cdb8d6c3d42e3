/**
 * The most bytes of buffers that stand in memory at once while the work is done, beside those from before. The largest
 * memory that the process ever had would say nothing: other tests have used it too.
 */
export async function mostHeldBytes(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const look = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  };
  const looking = setInterval(look, 1);
  try {
    await work();
    look();
  } finally {
    clearInterval(looking);
  }
  return most;
}
