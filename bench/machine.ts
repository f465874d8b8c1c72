/**
 * What the system tells of processes: CPU time, memory, and the machine's load beside them.
 */

/** CPU time of a process and its threads, kernel included, in milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Keeps a process and its threads on one core. */
export async function pin(pid: number, core: number): Promise<void> {
  await new Deno.Command("taskset", { args: ["-apc", `${core}`, `${pid}`], stdout: "null" })
    .output();
}

/** Memory of a process that is in RAM, in KiB. */
export async function rssKiB(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
}

/** Pages that the kernel holds for TCP's buffers, of all processes, in KiB. */
export async function tcpKiB(): Promise<number> {
  const text = await Deno.readTextFile("/proc/net/sockstat");
  return Number(/TCP:.* mem (\d+)/.exec(text)![1]) * 4;
}

/** Processes that ran or wanted to, over the last minute: how much a figure of time is worth. */
export function machineLoad(): number {
  return Math.round(Deno.loadavg()[0]! * 10) / 10;
}

/** Lets a process run only where nobody else wants to, so that who measures beside it is not late. */
export async function yields(pid: number): Promise<void> {
  await new Deno.Command("chrt", { args: ["-a", "-i", "-p", "0", `${pid}`] }).output();
}
