import { assertEquals } from "@std/assert";
import { isLoopback, isTooOpen, spellOut } from "../../lib/net/clear.ts";

const at = (hostname: string) => ({ hostname, port: 7667 });

Deno.test("isLoopback() knows this machine's own addresses, and takes no other for one", () => {
  for (const own of ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LOCALHOST"]) {
    assertEquals(isLoopback(at(own)), true, own);
  }
  for (
    const other of [
      "0.0.0.0",
      "::",
      "192.168.1.1",
      "127.0.0.1.example",
      "localhost.example",
      "127.1",
    ]
  ) assertEquals(isLoopback(at(other)), false, other);
});

Deno.test("isTooOpen() refuses clear text that leaves the machine, unless it was meant", () => {
  const asked = ["no", "loopback", "anywhere"] as const;
  assertEquals(asked.map((clear) => isTooOpen(clear, at("127.0.0.1"))), [false, false, false]);
  assertEquals(asked.map((clear) => isTooOpen(clear, at("0.0.0.0"))), [false, true, false]);
});

Deno.test("spellOut() gives --plaintext its value, and swallows no command", () => {
  const spelled = (line: string) => spellOut(line.split(" ")).join(" ");
  assertEquals(spelled("--plaintext send lobby hi"), "--plaintext=loopback send lobby hi");
  assertEquals(spelled("--name al --plaintext"), "--name al --plaintext=loopback");
  assertEquals(spelled("--plaintext anywhere tail"), "--plaintext=anywhere tail");
  for (
    const same of ["send lobby -- --plaintext", "--plaintext=anywhere", "--plaintext=no", "tail"]
  ) {
    assertEquals(spelled(same), same);
  }
});
