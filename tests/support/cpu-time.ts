/**
 * CPU time that `work` takes on this thread, milliseconds. Other programs on the machine do not count, so that a limit
 * means the same on a busy one.
 */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
