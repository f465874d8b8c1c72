import { assert, assertEquals, assertThrows } from "@std/assert";
import { listen, ListenError, parseAddress } from "../../lib/net/tcp.ts";
import { permittedTest } from "../support/permitted.ts";

Deno.test("parseAddress() takes host, port, both, or a number for a port", () => {
  const read = (text: string) => {
    const address = parseAddress(text, "here");
    return address && [address.hostname, address.port];
  };
  assertEquals(read("chat.example:80"), ["chat.example", 80]);
  assertEquals(read("chat.example"), ["chat.example", 7667]);
  assertEquals(read("127.0.0.1"), ["127.0.0.1", 7667]);
  assertEquals(read("7700"), ["here", 7700]);
  assertEquals(read("0"), ["here", 0]);
  assertEquals(read(":7700"), ["here", 7700]);
  assertEquals(read("7700:80"), ["7700", 80]);
  assertEquals(read("[::1]:80"), ["::1", 80]);
  assertEquals(read("[::1]"), ["::1", 7667]);
  for (const wrong of ["", "65536", "1234567", "a:65536", "a:b", "a b", "::1", "a/b", "-1:x"]) {
    assertEquals(read(wrong), null, wrong);
  }
});

permittedTest("listen() names the address where it can't", ["net"], () => {
  const first = listen({ hostname: "127.0.0.1", port: 0 }, (socket) => socket.close(), () => {});
  try {
    const again = () => listen(first.address, () => {}, () => {});
    const error = assertThrows(again, ListenError, `127.0.0.1:${first.address.port}`);
    assert(error.cause instanceof Deno.errors.AddrInUse);
  } finally {
    first.close();
  }
});
