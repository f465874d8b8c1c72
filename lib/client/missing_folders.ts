/**
 * What an attempt that failed has made on the disk, and how it is taken away again.
 *
 * @module
 */

/**
 * Notes which folders on the way to one are not there yet.
 *
 * @param path the folder, which may be there
 * @returns takes away what has been made there since: the folder with all that is in it, if it was
 * not there, and those above it that were not, if they are empty
 * @example
 * ```ts ignore
 * const takeAway = missingFolders("data/al@chat.example_7667");
 * ```
 */
export function missingFolders(path: string): () => void {
  const missing: string[] = [];
  for (let folder = path; folder !== "" && !isThere(folder); folder = parentOf(folder)) {
    missing.push(folder);
  }
  return () => {
    missing.forEach((folder, at) => {
      try {
        Deno.removeSync(folder, { recursive: at === 0 });
      } catch {
        // Somebody else has put something there, and that stays.
      }
    });
  };
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // What can't be looked at is not this program's to take away.
    return true;
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.search(/[/\\][^/\\]*$/)));
}
