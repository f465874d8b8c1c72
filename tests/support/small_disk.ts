/**
 * A disk of a few megabytes that a test can fill: a tmpfs, where the machine lets us mount one.
 *
 * @module
 */

/** What `machineTest` needs to know. */
export const mounting = { name: "root and leave to mount a tmpfs", isThere: canMount };

/** A mounted disk. */
export interface SmallDisk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly folder: string;
  /** Leaves no room. */
  fill(): void;
  /** Gives the room back. */
  free(): void;
}

function canMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  const folder = Deno.makeTempDirSync({ prefix: "parley-mount-" });
  try {
    const isMounted = mount(folder, 64 * 1024);
    if (isMounted) new Deno.Command("umount", { args: [folder] }).outputSync();
    return isMounted;
  } finally {
    Deno.removeSync(folder);
  }
}

function mount(folder: string, bytes: number): boolean {
  const args = ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder];
  try {
    return new Deno.Command("mount", { args }).outputSync().success;
  } catch {
    return false;
  }
}

/** Mounts a disk; whoever uses files on it ends before it is disposed. */
export function mountSmallDisk(bytes: number): SmallDisk {
  const folder = Deno.makeTempDirSync({ prefix: "parley-disk-" });
  if (!mount(folder, bytes)) throw new Error(`no tmpfs on ${folder}`);
  const filler = `${folder}/filler`;
  return {
    folder,
    fill() {
      using file = Deno.openSync(filler, { write: true, create: true });
      const chunk = new Uint8Array(4096);
      try {
        for (;;) file.writeSync(chunk);
      } catch {
        // Full now: that is what was wanted.
      }
    },
    free: () => Deno.removeSync(filler),
    async [Symbol.asyncDispose]() {
      await new Deno.Command("umount", { args: [folder] }).output();
      await Deno.remove(folder);
    },
  };
}
