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

type TestRun = (context: Deno.TestContext) => Promise<void> | void;

/** Registers a test that needs permissions. */
export function permittedTest(name: string, needs: readonly Need[], run: TestRun): void {
  testUnless(missingFlags(needs), name, run);
}

/** Registers a test that needs permissions, and something of the machine that not all have. */
export function machineTest(
  name: string,
  needs: readonly Need[],
  tool: { readonly name: string; isThere(): boolean },
  run: TestRun,
): void {
  const flags = missingFlags(needs);
  testUnless(flags || (tool.isThere() ? "" : tool.name), name, run);
}

function missingFlags(needs: readonly Need[]): string {
  const isMissing = (need: Need) => Deno.permissions.querySync(wanted[need]).state !== "granted";
  return needs.filter(isMissing).map((need) => `--allow-${need}`).join(" ");
}

function testUnless(missing: string, name: string, run: TestRun): void {
  if (missing === "") Deno.test(name, run);
  else Deno.test({ name: `${name} (ignored: needs ${missing})`, ignore: true, fn: run });
}
