/**
 * What something costs: nanoseconds, of the clock and of this process.
 *
 * @typedef {{ time: number, cpu: number }} Cost
 */

/** @param {() => Promise<unknown>} work @returns {Promise<Cost>} */
export async function costOf(work) {
  const [cpu, begin] = [process.cpuUsage(), performance.now()];
  await work();
  const time = (performance.now() - begin) * 1e6;
  const { user, system } = process.cpuUsage(cpu);
  return { time, cpu: (user + system) * 1000 };
}

/** @param {Cost} cost */
export const timeOf = ({ time }) => time;
/** @param {Cost} cost */
export const cpuOf = ({ cpu }) => cpu;
