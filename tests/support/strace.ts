/**
 * Runs a program under strace, which sees the order of its system calls and can make them fail.
 *
 * @module
 */

/** What `machineTest` needs to know. */
export const tracing = { name: "strace, and leave to trace", isThere: canTrace };

function canTrace(): boolean {
  try {
    const args = ["-D", "-f", "-o", "/dev/null", "true"];
    return new Deno.Command("strace", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** All calls by which bytes come and go, and those that make them durable. */
const orderCalls = ["fsync", "fdatasync", "pwrite64", "read", "readv", "recvfrom", "recvmsg"]
  .concat(["write", "writev", "sendto", "sendmsg"]);

/**
 * The command that notes the order of all that is read, written and synced.
 *
 * The traced program is the process that is started; strace stands beside it and ends with it.
 */
export function tracingOrder(log: string): string[] {
  // Longer strings than any write: a packet that is cut off could not be read.
  return [...base(log), "-yy", "-xx", "-s", "1000000", "-e", `trace=${orderCalls.join()}`];
}

/** The command that lets syncs fail with EIO: of each thread the n-th and all after it. */
export function failingSyncs(log: string, nth: number, path?: string): string[] {
  const syncs = "fsync,fdatasync";
  const inject = ["-e", `trace=${syncs}`, "-e", `inject=${syncs}:error=EIO:when=${nth}+`];
  return [...base(log), ...(path ? ["-P", path] : []), ...inject];
}

/** How strace stands beside a program and follows all of it. */
export function base(log: string): string[] {
  return ["strace", "-D", "-f", "-o", log, "-e", "signal=none"];
}

/** Waits until strace has written all of it: the process itself is the last to be told of. */
export async function finishedTrace(log: string, pid: number): Promise<string> {
  const last = new RegExp(`^${pid} +\\+\\+\\+ (exited|killed)`, "m");
  for (let tries = 0; tries < 500; tries++) {
    const text = await Deno.readTextFile(log);
    if (last.test(text.slice(-4096))) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`strace did not come to its end: ${log}`);
}
