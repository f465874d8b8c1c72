/**
 * Tests that need more than a plain `deno test` grants are ignored then, with the reason in their
 * name.
 */

const wanted = {
  net: { name: "net", host: "127.0.0.1" },
  read: { name: "read", path: "." },
  write: { name: "write" },
  run: { name: "run" },
  env: { name: "env" },
} as const satisfies Record<string, Deno.PermissionDescriptor>;

/** A permission by the name of its flag. */
export type Need = keyof typeof wanted;

/** Registers a test that needs permissions. */
export function permittedTest(
  name: string,
  needs: readonly Need[],
  run: (context: Deno.TestContext) => Promise<void> | void,
): void {
  const missing = needs.filter((need) =>
    Deno.permissions.querySync(wanted[need]).state !== "granted"
  );
  if (missing.length === 0) {
    Deno.test(name, run);
    return;
  }
  const flags = missing.map((need) => `--allow-${need}`).join(" ");
  Deno.test({ name: `${name} (ignored: needs ${flags})`, ignore: true, fn: run });
}
