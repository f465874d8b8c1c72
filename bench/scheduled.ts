/**
 * How much of the time a thread ran, and how much it waited for a core, as Linux counts it.
 */

/** Nanoseconds since the thread began. */
interface Scheduled {
  readonly ran: number;
  readonly waited: number;
}

async function scheduledOf(pid: number): Promise<Scheduled> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/schedstat`);
  const [ran, waited] = text.split(" ").map(Number);
  return { ran: ran!, waited: waited! };
}

/**
 * Watches a program's first thread: in parleyd, the one that holds the sockets.
 *
 * @returns gives parts of the time since the start of the watch, from 0 to 1
 */
export async function watchThread(
  pid: number,
): Promise<() => Promise<{ readonly ran: number; readonly waited: number }>> {
  const [startMs, start] = [performance.now(), await scheduledOf(pid)];
  return async () => {
    const { ran, waited } = await scheduledOf(pid);
    const ns = (performance.now() - startMs) * 1e6;
    return { ran: (ran - start.ran) / ns, waited: (waited - start.waited) / ns };
  };
}

/**
 * Watches this program's own loop: what it measures is late by as much.
 *
 * @returns ends the watch, and gives how late each of its ticks was, in milliseconds
 */
export function watchOwnLoop(tickMs = 10): () => number[] {
  const late: number[] = [];
  let dueMs = performance.now() + tickMs;
  const timer = setInterval(() => {
    late.push(Math.max(0, performance.now() - dueMs));
    dueMs = performance.now() + tickMs;
  }, tickMs);
  return () => {
    clearInterval(timer);
    return late;
  };
}
